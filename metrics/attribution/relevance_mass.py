"""Relevance mass."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from whybench.metrics.attribution.localisation import LocalisationMetric, nothing_positive, positive_mass
from whybench.registries import register


@register
@dataclass(frozen=True)
class RelevanceMass(LocalisationMetric):
    """The share of positive relevance that lies inside the mask; higher is better.

        s = sum_{i in M} max(R_i, 0) / sum_i max(R_i, 0)

    One number a sample in [0, 1]: 1 for a map that is the mask, 0 for its complement, the mask's share of the area
    |M| / d for a constant map and, in expectation, for a random one. Unchanged by a positive factor.

    relevance: as in `LocalisationMetric`; with `absolute` negative relevance counts like positive one. Relevance below
    zero is left out otherwise, so that the share stays a share; a map without any above zero is undefined.

    Raises BadParameter for a value not allowed, Unsupported for samples without masks.

    Source: arras2022, positive relevance as in arias2022.
    """

    name: ClassVar[str] = "relevance_mass"
    headline: ClassVar[bool] = True
    reference: ClassVar[str] = "arras2022"

    def gaps(self, relevance: Tensor, masks: Tensor) -> dict[str, Tensor]:
        return nothing_positive(relevance)

    def measure(self, relevance: Tensor, masks: Tensor) -> Tensor:
        inside, everywhere = positive_mass(relevance, masks)
        return inside / everywhere
