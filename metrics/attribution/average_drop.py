"""Average drop."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from whybench.metrics.attribution.masked_metric import MaskedMetric
from whybench.registries import register


@register
@dataclass(frozen=True)
class AverageDrop(MaskedMetric):
    """The share of the target's probability that is lost when the input is seen through its map; lower is better.

        s = max(0, p - o) / p

    p and o: the target's probability for the clean and for the masked input (`MaskedMetric`, which says what infill
    is). One number a sample in [0, 1], of which the sources print the mean in per cent. A map that is 1 nearly
    everywhere loses nothing and knows nothing, so that the score is a filter and no rank.

    Raises BadParameter for values not allowed, Unsupported for models without classes.

    Source: chattopadhay2018; the map that wins: poppi2021.
    """

    name: ClassVar[str] = "average_drop"
    reference: ClassVar[str] = "chattopadhay2018"
    trivial: ClassVar[bool] = True

    @property
    def higher_is_better(self) -> bool:
        return False

    def compared(self, clean: Tensor, masked: Tensor) -> Tensor:
        return (clean - masked).clamp_min(0) / clean
