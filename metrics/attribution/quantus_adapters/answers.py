"""From what Quantus returns to one number a sample."""

from typing import Any

import numpy as np
import torch

from whybench.errors import Unsupported
from whybench.protocols import Curves, Scores


def scores_of(answers: list[Any], samples: int, name: str) -> Scores:
    """The scores in what one call for all samples returned, or one call a sample.

    Booleans become 0 and 1. Of several numbers a sample, a curve or one correlation a layer, the score is their mean,
    as with Quantus' `aggregate_func`; they are kept as the curve. Raises Unsupported for any other shape.
    """
    table = np.concatenate([_rows(answer) for answer in answers])
    if len(table) != samples or not table.shape[1]:
        raise Unsupported(f"{name}: Quantus returned {table.shape[0]} x {table.shape[1]} numbers for {samples} samples")
    y = torch.from_numpy(table)
    values = y.mean(1)
    bad = (~torch.isfinite(values)).nonzero().flatten().tolist()
    undefined = {i: f"Quantus returned {_said(y[i])}" for i in bad}
    values[bad] = torch.nan
    if y.shape[1] == 1:
        return Scores(values, undefined)
    x = torch.arange(y.shape[1], dtype=torch.float64).expand_as(y)
    return Scores(values, undefined, curves=Curves(x, y, "position in Quantus' list", "Quantus' score"))


def _rows(answer: Any) -> np.ndarray[Any, Any]:
    """One row a sample: a dictionary holds a number, or one a sample, for each percentage or layer."""
    if isinstance(answer, dict):
        columns = [np.atleast_1d(np.asarray(column, dtype=np.float64)) for column in answer.values()]
        return np.stack(columns, 1)
    table = np.asarray(answer, dtype=np.float64)
    return table[:, None] if table.ndim == 1 else table.reshape(len(table), -1)


def _said(row: torch.Tensor) -> str:
    return "NaN" if row.isnan().any() else "infinity"
