"""What Quantus sees of a case: arrays, and the method as a function of a module, inputs and targets."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from whybench.errors import Unsupported
from whybench.explanations import Attribution
from whybench.protocols import Case

Array = np.ndarray[Any, Any]


def arrays(case: Case[Attribution], whole: bool) -> dict[str, Array]:
    """Inputs, targets and maps under the names of Quantus."""
    return {
        "x_batch": numbers(case.inputs),
        "y_batch": numbers(case.targets),
        "a_batch": maps(case, case.explanation, whole),
    }


def maps(case: Case[Attribution], explanation: Attribution, whole: bool) -> Array:
    """One value a feature, (n, 1, height, width) for images, (n, columns) for tables; `whole`: as they are given."""
    if whole:
        return numbers(explanation.relevance)
    found = case.domain.per_feature(explanation.relevance, explanation.polarity, tuple(case.inputs.shape))
    return numbers(found.unsqueeze(1) if case.inputs.ndim > found.ndim else found)


def numbers(tensor: Tensor) -> Array:
    """A copy in memory of its own."""
    found: Array = tensor.detach().cpu().contiguous().numpy().copy()
    return found


class Explainer:
    """Quantus' `explain_func`: the method of a case asked again, on whatever module and inputs Quantus hands over.

    failure: what the method raised, so that it is not taken for a failure of Quantus.
    """

    def __init__(self, case: Case[Attribution], whole: bool) -> None:
        self.case = case
        self.whole = whole
        self.failure: Exception | None = None

    def __call__(self, model: nn.Module, inputs: Array, targets: Array, device: str | None = None) -> Array:
        case = self.case
        if len(inputs) != len(case):
            raise Unsupported(f"Quantus asks for {len(inputs)} explanations of {len(case)} samples, not saying which")
        try:
            again = case.explain(
                model=case.model if model is case.model.module else case.model.with_module(model),
                inputs=torch.as_tensor(inputs).to(case.inputs).reshape(case.inputs.shape),
                targets=torch.as_tensor(targets).to(case.targets),
            )
        except Exception as error:
            self.failure = error
            raise
        return maps(case, again, self.whole)


def quadrants(masks: Array, name: str) -> Array:
    """Which quarters of each mosaic show the class, (n, 4) of 0 and 1; Unsupported for masks of other shapes."""
    top, left = masks.shape[1] // 2, masks.shape[2] // 2
    quarters = (masks[:, :top, :left], masks[:, :top, left:], masks[:, top:, :left], masks[:, top:, left:])
    flat = [quarter.reshape(len(masks), -1) for quarter in quarters]
    if any((q.any(1) != q.all(1)).any() for q in flat):
        raise Unsupported(f"{name} judges mosaics of 2 x 2; the masks are no whole quarters")
    return np.stack([q.all(1) for q in flat], 1).astype(int)
