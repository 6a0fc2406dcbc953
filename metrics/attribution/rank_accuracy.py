"""Relevance rank accuracy."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from whybench.metrics.attribution.localisation import LocalisationMetric, inside_first
from whybench.registries import register


@register
@dataclass(frozen=True)
class RankAccuracy(LocalisationMetric):
    """The share of the |M| most relevant features that lie inside the mask M; higher is better.

        s = |{ |M| most relevant features } & M| / |M|

    the mean over all orders of features that tie for the last places. One number a sample in [0, 1]: 1 for a map that
    is the mask, 0 for its complement where the mask covers up to half of the features, the mask's share of the area
    for a constant map and, in expectation, for a random one. Only the order counts: any increasing function of the
    map scores the same, and a map without positive relevance has a value like any other.

    relevance: as in `LocalisationMetric`.

    Raises BadParameter for a value not allowed, Unsupported for samples without masks.

    Source: arras2022.
    """

    name: ClassVar[str] = "rank_accuracy"
    reference: ClassVar[str] = "arras2022"

    def measure(self, relevance: Tensor, masks: Tensor) -> Tensor:
        flat = masks.flatten(1)
        count = flat.sum(1)
        return inside_first(relevance.flatten(1), flat, count) / count
