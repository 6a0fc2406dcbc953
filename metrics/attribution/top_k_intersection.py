"""Top-k intersection."""

from dataclasses import dataclass
from math import prod
from typing import ClassVar

import torch
from torch import Tensor

from whybench.errors import BadParameter, Unsupported
from whybench.explanations import Attribution
from whybench.metrics.attribution.localisation import LocalisationMetric, inside_first
from whybench.protocols import Case, Scores
from whybench.registries import register

SHARE = 1000 / 224**2
"""A thousand pixels of an image of 224 x 224."""


@register
@dataclass(frozen=True)
class TopKIntersection(LocalisationMetric):
    """The share of the k most relevant features that lie inside the mask; higher is better.

        s = |{ k most relevant features } & M| / k

    the mean over all orders of features that tie for the last places. One number a sample in [0, 1]: min(1, |M| / k)
    for a map that is the mask, which is the best there is and the detail `attainable`; the mask's share of the area for
    a constant map and, in expectation, for a random one. Only the order counts, as in `rank_accuracy`.

    k: number of features; None for as large a share as 1,000 pixels are of 224 x 224, at least one.
    relevance: as in `LocalisationMetric`.

    Raises BadParameter for values not allowed, Unsupported for samples without masks or with fewer than k features.

    Source: theiner2022.
    """

    name: ClassVar[str] = "top_k_intersection"
    reference: ClassVar[str] = "theiner2022"

    k: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.k is not None and self.k < 1:
            raise BadParameter(f"top_k_intersection: k={self.k}; a whole number >= 1 is needed, or None")

    def judged(self, case: Case[Attribution]) -> Scores:
        relevance, masks = self.located(case)
        undefined = self.undefined(case, relevance, masks)
        attainable = masks.flatten(1).sum(1).double() / self._count(relevance)
        attainable[list(undefined)] = torch.nan
        return self.scores(self.measure(relevance, masks), undefined, {"attainable": attainable.clamp(max=1).cpu()})

    def measure(self, relevance: Tensor, masks: Tensor) -> Tensor:
        k = self._count(relevance)
        count = torch.full((len(relevance),), k, device=relevance.device)
        return inside_first(relevance.flatten(1), masks.flatten(1), count) / k

    def _count(self, relevance: Tensor) -> int:
        features = prod(relevance.shape[1:])
        if self.k is not None and self.k > features:
            raise Unsupported(f"top_k_intersection: k={self.k} is more than the {features} features of a sample")
        return self.k or max(1, round(SHARE * features))
