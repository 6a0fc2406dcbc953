"""Average gain."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from whybench.metrics.attribution.masked_metric import MaskedMetric
from whybench.registries import register


@register
@dataclass(frozen=True)
class AverageGain(MaskedMetric):
    """The share of the missing probability that is won when the input is seen through its map; higher is better.

        s = max(0, o - p) / (1 - p)

    p and o: the target's probability for the clean and for the masked input (`MaskedMetric`, which says what infill
    is). One number a sample in [0, 1], of which the source prints the mean in per cent; undefined where p is 1 to the
    last bit. It is the mirror of `average_drop`: at most one of the two is above 0.

    Raises BadParameter for values not allowed, Unsupported for models without classes.

    Source: zhang2024.
    """

    name: ClassVar[str] = "average_gain"
    reference: ClassVar[str] = "zhang2024"

    @property
    def higher_is_better(self) -> bool:
        return True

    def compared(self, clean: Tensor, masked: Tensor) -> Tensor:
        return (masked - clean).clamp_min(0) / (1 - clean)
