"""Complexity as entropy."""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from whybench.metrics.attribution.map_size import MapSize
from whybench.registries import register


@register
@dataclass(frozen=True)
class Complexity(MapSize):
    """The entropy of a map: over how many features, so to speak, it is spread.

    score = -sum p_i ln p_i with p = |R| / sum |R| and 0 ln 0 = 0, in [0, ln n], in nats: 0 where one feature has all of
    the relevance, ln n where all have the same. Lower counts as better, hence a map of one pixel anywhere wins.

    Channels become features as the explanation's polarity says. The entropy is free of scale, but not of resolution.
    A zero map is undefined.

    Source: bhatt2020.

    >>> from whybench.metrics.attribution.complexity import Complexity
    >>> Complexity().size(torch.tensor([[1.0, 0.0], [1.0, 1.0]], dtype=torch.float64)).tolist()
    [0.0, 0.6931471805599453]
    """

    name: ClassVar[str] = "complexity"
    range: ClassVar[tuple[float, float]] = (0.0, math.inf)
    reference: ClassVar[str] = "bhatt2020"

    @property
    def higher_is_better(self) -> bool:
        return False

    def size(self, share: Tensor) -> Tensor:
        entropy: Tensor = torch.special.entr(share / share.sum(1, keepdim=True)).sum(1)
        return entropy
