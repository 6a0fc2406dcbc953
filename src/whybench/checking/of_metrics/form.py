"""C1 and C3 to C5: one number a sample, within the declared range, the same every time."""

from typing import Any

import torch

from whybench.checking.clause import clause, insist
from whybench.checking.metric_world import judged, opened
from whybench.checking.traces import changes, generators
from whybench.checking.trial import insist_same
from whybench.protocols import Metric, Scores


def scored(metric: Metric[Any], **where: Any) -> Scores:
    """The scores of a map that this metric can judge."""
    return metric.score(opened(judged(metric.name), **where))


@clause(
    1,
    "metric",
    "shape and range",
    "There is one float64 number a sample, in their order, within the declared range; what is undefined has a reason.",
    "return Scores with a value for every sample, and declare the range that the definition has",
)
def shape_and_range(metric: Metric[Any]) -> None:
    case = opened(judged(metric.name))
    scores = metric.score(case)
    insist(len(scores.values) == len(case), f"{len(scores.values)} scores for {len(case)} samples")
    known = scores.values[~scores.values.isnan()]
    low, high = metric.range
    outside = known[(known < low) | (known > high)]
    insist(not len(outside), f"{outside[:3].tolist()} outside the declared range {low:g} to {high:g}")


@clause(
    3,
    "metric",
    "determinism",
    "Asked twice with one seed, a metric gives the same bits.",
    "draw from case.streams, named by role, sample id and draw",
)
def determinism(metric: Metric[Any]) -> None:
    first, second = scored(metric).values, scored(metric).values
    insist_same(second.nan_to_num(), first.nan_to_num(), 0.0, ("the second time", "the first"))


@clause(
    5,
    "metric",
    "random-state isolation",
    "The global generators of Python, NumPy, torch and CUDA are left as they were.",
    "draw from case.streams; never seed a global generator",
)
def generators_untouched(metric: Metric[Any]) -> None:
    torch.manual_seed(0)
    case = opened(judged(metric.name))
    before = generators()
    metric.score(case)
    moved = changes(before, generators())
    insist(not moved, f"global generators moved: {'; '.join(moved)}")
