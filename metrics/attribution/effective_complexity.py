"""Effective complexity."""

import math
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from whybench.errors import BadParameter
from whybench.metrics.attribution.map_size import MapSize
from whybench.registries import register


@register
@dataclass(frozen=True)
class EffectiveComplexity(MapSize):
    """How many features a map does not ignore.

    score = number of features with |R_i| > threshold * max |R|, in [1, n], in features. Lower counts as better, hence
    a map of one pixel anywhere wins. The threshold is relative to each map's own largest value, so that neither scale
    nor the other samples matter. This is the count that the definition comes to when nothing is asked of the model;
    how many of the top features the model needs is what `ssr` measures.

    threshold: as a share of the largest absolute relevance, in [0, 1). A zero map is undefined.

    Raises BadParameter.

    Source: nguyen2020.

    >>> import torch
    >>> from whybench.metrics.attribution.effective_complexity import EffectiveComplexity
    >>> EffectiveComplexity().size(torch.tensor([[1.0, 0.5, 1e-9]])).tolist()
    [2.0]
    """

    name: ClassVar[str] = "effective_complexity"
    range: ClassVar[tuple[float, float]] = (1.0, math.inf)
    reference: ClassVar[str] = "nguyen2020"

    threshold: float = 1e-5

    def __post_init__(self) -> None:
        if not 0 <= self.threshold < 1:
            raise BadParameter(f"effective_complexity: threshold={self.threshold!r}; a number in [0, 1) is needed")

    @property
    def higher_is_better(self) -> bool:
        return False

    def size(self, share: Tensor) -> Tensor:
        return (share > self.threshold).sum(1).double()
