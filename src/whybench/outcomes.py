"""What came out of a cell, as a record holds it: status, reason, scores and curves."""

from typing import Any

from torch import Tensor

from whybench.errors import Unsupported
from whybench.protocols import Method, Metric, Scores
from whybench.records import CurveArrays, SampleScore, Status

LONGEST = 500
"""Reasons are cut to so many characters."""


def outcome(error: Exception) -> tuple[Status, str]:
    """The status and reason of a cell whose code raised."""
    if isinstance(error, Unsupported):
        return "unsupported", str(error)
    text = " ".join(str(error).split())
    return "failed", f"{type(error).__name__}: {text[:LONGEST]}"


def leaks(method: Method[Any], metric: Metric[Any]) -> bool:
    """Whether a method removes features in the very way in which the metric removes them."""
    infill = getattr(metric, "infill", None)
    return infill is not None and hasattr(method, "baseline") and (method.baseline or "zero") == infill


def sample_scores(scores: Scores, ids: tuple[str, ...], correct: Tensor | None) -> tuple[SampleScore, ...]:
    """A metric's scores, one record a sample; a detail without a value is left out."""
    found = scores.values.tolist()
    right = None if correct is None else correct.tolist()
    details = {name: values.tolist() for name, values in scores.details.items()}
    return tuple(
        SampleScore(
            sample_id=sample,
            score=None if i in scores.undefined else found[i],
            status="undefined" if i in scores.undefined else "censored" if i in scores.censored else "ok",
            reason=scores.undefined.get(i, "") or scores.censored.get(i, ""),
            correct=None if right is None else right[i],
            details={name: float(values[i]) for name, values in details.items() if values[i] == values[i]},
        )
        for i, sample in enumerate(ids)
    )


def curve_arrays(scores: Scores) -> CurveArrays | None:
    """The curves behind a metric's scores, where there are any."""
    if scores.curves is None:
        return None
    c = scores.curves
    return CurveArrays(c.x.double().cpu().numpy(), c.y.double().cpu().numpy(), c.x_name, c.y_name)
