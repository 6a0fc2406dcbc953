"""Average increase."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from whybench.metrics.attribution.masked_metric import MaskedMetric
from whybench.registries import register


@register
@dataclass(frozen=True)
class AverageIncrease(MaskedMetric):
    """Whether the target's probability is higher when the input is seen through its map; higher is better.

        s = 1[o > p]

    p and o: the target's probability for the clean and for the masked input (`MaskedMetric`, which says what infill
    is). One number a sample, 0 or 1, of which the sources print the mean in per cent. It is 1 exactly where
    `average_gain` is above 0.

    Raises BadParameter for values not allowed, Unsupported for models without classes.

    Source: chattopadhay2018.
    """

    name: ClassVar[str] = "average_increase"
    reference: ClassVar[str] = "chattopadhay2018"

    @property
    def higher_is_better(self) -> bool:
        return True

    def compared(self, clean: Tensor, masked: Tensor) -> Tensor:
        return (masked > clean).double()
