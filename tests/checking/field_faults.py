"""Faults of the field, each put back into the product itself by a patch that is undone."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from torch import Tensor

from whybench.cases import Memory
from whybench.methods.attribution import InputDifference, Occlusion
from whybench.methods.attribution.backpropagation import rules
from whybench.metrics.attribution import PixelFlipping, RelevanceMass, curve_metric
from whybench.protocols import Case, Metric, Scores

Patch = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True)
class Fault:
    """clause: which of `whybench check` sees it, on what; golden: the row that moves, a method's or a metric's.

    cells: methods and metrics whose comparison moves, of those that are run.
    """

    name: str
    patch: Patch
    checked: str
    clause: str
    values: str
    golden: str
    cells: frozenset[tuple[str, str]]


def mutated_rule(patch: pytest.MonkeyPatch) -> None:
    """Shares of all products, the negative ones cut afterwards, in the place of z+."""
    patch.setattr(rules, "z_plus", lambda layer, relevance: rules.epsilon(layer, relevance).clamp(min=0))


def conserving_rule(patch: pytest.MonkeyPatch) -> None:
    """Shares of all products in the place of z+: relevance sums to the same, and lies elsewhere."""
    patch.setattr(rules, "z_plus", rules.epsilon)


def transposed_method(patch: pytest.MonkeyPatch) -> None:
    """Height and width are exchanged before the map is laid out again."""
    right = Occlusion.relevance
    patch.setattr(Occlusion, "relevance", lambda self, query: _turned(right(self, query)))


def transposed_metric(patch: pytest.MonkeyPatch) -> None:
    """Height and width of the map are exchanged where it is ranked."""
    _on_turned_maps(patch, PixelFlipping)


def transposed_mask(patch: pytest.MonkeyPatch) -> None:
    """Height and width of the map are exchanged where it is laid over the mask."""
    _on_turned_maps(patch, RelevanceMass)


def dropped_abs(patch: pytest.MonkeyPatch) -> None:
    """The difference from the infill keeps its sign."""
    patch.setattr(InputDifference, "relevance", lambda self, query: query.inputs - query.baseline(self.infill))


def off_by_one(patch: pytest.MonkeyPatch) -> None:
    """The area begins with the second point."""
    right = curve_metric.averaged
    patch.setattr(curve_metric, "averaged", lambda x, y, rule: right(x[..., 1:], y[..., 1:], rule))


def _turned(found: Tensor) -> Tensor:
    return found.mT.reshape(found.shape)


def _on_turned_maps(patch: pytest.MonkeyPatch, metric: type[Metric[Any]]) -> None:
    right = metric.score

    def score(self: Metric[Any], case: Case[Any]) -> Scores:
        memory = Memory()
        turned = replace(case.explanation, relevance=_turned(case.explanation.relevance))
        memory.case = replace(case, explanation=turned, fetch=memory.fetch)
        return right(self, memory.case)

    patch.setattr(metric, "score", score)


METHODS = ("lrp", "occlusion(window=1)", "input_difference")
METRICS = ("pixel_flipping(region=1)", "relevance_mass")


def _all_of(metric: str) -> frozenset[tuple[str, str]]:
    return frozenset((method.partition("(")[0], metric) for method in METHODS)


def _both_of(method: str) -> frozenset[tuple[str, str]]:
    return frozenset((method, metric.partition("(")[0]) for metric in METRICS)


FAULTS = (
    Fault(
        "a mutated rule of LRP",
        mutated_rule,
        "lrp",
        "C30",
        r"the map sums to -?[\d.]+, f\(x\) is -?[\d.]+",
        "lrp",
        _both_of("lrp"),
    ),
    Fault(
        "another rule of LRP that conserves",
        conserving_rule,
        "lrp",
        "C31",
        r"-?[\d.]+ in its map, -?[\d.]+ by the definition of lrp epsilon_plus",
        "lrp",
        _both_of("lrp"),
    ),
    Fault(
        "height and width exchanged in a method",
        transposed_method,
        "occlusion(window=1)",
        "C30",
        r"planted pixels have 0 of the relevance in the median, and 0\.09\d+ of the area",
        "occlusion",
        _both_of("occlusion"),
    ),
    Fault(
        "height and width exchanged in a curve",
        transposed_metric,
        "pixel_flipping",
        "C15",
        r"4 x 4 pixels: the best map scores 0\.6\d+, the same with height and width exchanged 0\.2\d+",
        "pixel_flipping",
        _all_of("pixel_flipping"),
    ),
    Fault(
        "height and width exchanged beside a mask",
        transposed_mask,
        "relevance_mass",
        "C15",
        r"4 x 4 pixels: the best map scores 0, the same with height and width exchanged 0\.9\d+",
        "relevance_mass",
        _all_of("relevance_mass"),
    ),
    Fault(
        "a dropped absolute value",
        dropped_abs,
        "input_difference",
        "C30",
        r"a relevance of -[\d.]+, though `signed` is False",
        "input_difference",
        _both_of("input_difference"),
    ),
    Fault(
        "an area off by one point",
        off_by_one,
        "pixel_flipping(output='logit')",
        "C30",
        r"and its reverse add up to -?[\d.]+; \w+ add up to -?[\d.]+",
        "pixel_flipping",
        _all_of("pixel_flipping"),
    ),
)
