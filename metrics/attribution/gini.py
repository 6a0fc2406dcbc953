"""Sparseness by the Gini index."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from whybench.metrics.attribution.map_size import MapSize
from whybench.registries import register
from whybench.sorting import ascending


@register
@dataclass(frozen=True)
class Gini(MapSize):
    """The Gini index of the absolute relevances: how unequally a map spreads over the features.

    score = sum over i of (2 i - n - 1) |R|_(i) / (n * sum |R|), with |R|_(1) <= ... <= |R|_(n) and nothing added, in
    [0, 1), without unit: exactly 0 where all features have the same absolute relevance, exactly (n - 1) / n where one
    has all of it. Sparser counts as better, hence a map of one pixel anywhere wins.

    Channels become features as the explanation's polarity says. The index is free of scale, but not of resolution:
    coarse maps that were enlarged look dense. A zero map is undefined.

    Source: chalasani2020.

    >>> from whybench.metrics.attribution.gini import Gini
    >>> Gini().size(torch.tensor([[1.0, 1.0, 1.0, 1.0], [0.0, 1.0, 0.0, 0.0]])).tolist()
    [0.0, 0.75]
    """

    name: ClassVar[str] = "gini"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    reference: ClassVar[str] = "chalasani2020"

    @property
    def higher_is_better(self) -> bool:
        return True

    def size(self, share: Tensor) -> Tensor:
        ordered = ascending(share)
        n = share.shape[1]
        # The i-th largest minus the i-th smallest, so that equal values cancel without rounding.
        spread = (ordered.flip(1) - ordered)[:, : n // 2]
        weight = n - 1 - 2 * torch.arange(n // 2, device=share.device)
        return (weight * spread).sum(1) / (n * share.sum(1))
