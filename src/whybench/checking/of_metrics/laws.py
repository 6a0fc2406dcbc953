"""C20, C22, C26 and C27: parameters, the scale of a map, and what is the same."""

from typing import Any

import torch
from torch import Tensor

from whybench.checking.clause import Inapplicable, clause, insist
from whybench.checking.components import insist_written_and_read, refuse_wrong_values
from whybench.checking.metric_world import Answers, judged, opened, scaled
from whybench.checking.of_metrics.form import scored
from whybench.checking.trial import insist_same
from whybench.protocols import Metric, Query

AGAIN = ("robustness", "sanity", "consistency")
"""Families that compare a map with another map of the same method."""


@clause(
    20,
    "metric",
    "parameter validation",
    "A parameter that does not exist, or has a value of the wrong type, is refused.",
    "check parameters in __post_init__ and raise BadParameter with the value",
)
def parameter_validation(metric: Metric[Any]) -> None:
    refuse_wrong_values(metric, metric.name)


@clause(
    22,
    "metric",
    "serialisable spec",
    "The parameters are plain values: written as JSON and read back they make an equal metric with the same hash.",
    "make parameters numbers, text, tuples, methods or metrics, and the class a frozen dataclass",
)
def serialisable(metric: Metric[Any]) -> None:
    insist_written_and_read(metric)


@clause(
    26,
    "metric",
    "scale law",
    "A map times a positive number has the same score: to 1e-9, or to the bit times a power of two.",
    "divide by a norm of the map itself, not of the input, and by none where only the order counts",
)
def scale(metric: Metric[Any]) -> None:
    wanted = scored(metric).values.nan_to_num()
    for factor in (1024.0, 0.3):
        found = metric.score(opened(scaled(judged(metric.name), factor))).values.nan_to_num()
        insist_same(found, wanted, 1e-9, (f"for the map times {factor:g}", "for the map"))


@clause(
    27,
    "metric",
    "null law",
    "Where a map is compared with another map of the same method, one that never changes scores exactly 0 or 1.",
    "compare in eval mode, with the same named draws, and give two equal maps the distance 0 or the likeness 1",
)
def null(metric: Metric[Any]) -> None:
    if metric.family not in AGAIN:
        raise Inapplicable(f"metrics of {metric.family} compare no two maps of one method")
    values = metric.score(opened(Answers(ramp))).values
    known = values[~values.isnan()]
    insist(len(known) > 0, "a map that never changes has no score for any sample")
    ends = {0.0, 1.0, *metric.range}
    wrong = [float(v) for v in known if min(abs(float(v) - end) for end in ends) > 1e-12]
    insist(not wrong, f"a map that never changes scores {wrong[:3]}, neither 0 nor 1")


def ramp(query: Query) -> Tensor:
    """1, 2, 3, ... over the features, whatever is asked."""
    each = 1 + torch.arange(query.inputs[0].numel()).to(query.inputs)
    return each.view(1, *query.inputs.shape[1:]).expand_as(query.inputs).clone()
