"""Smallest sufficient region."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from whybench.errors import BadParameter
from whybench.metrics.attribution.region_size import RegionSize
from whybench.registries import register
from whybench.sweeps import Direction


@register
@dataclass(frozen=True)
class SmallestSufficientRegion(RegionSize):
    """The smallest share of features that is enough for the model's answer, the most relevant put back first.

        s = min { q_i : p_i >= threshold * p(clean) and the predicted class is that of the clean input }

    over all points of the insertion sweep, q_i the share kept and p_i the target's probability; the mean of two
    opposite orders where regions tie. One number a sample in [0, 1], lower is better, exact to one step of the grid.
    The curve need not be monotone, so every point is looked at and none is bisected. Where only the whole input will
    do the score is 1 and marked as censored.

    threshold: share of the clean probability that is enough; for infill, crossing and details see `RegionSize`.

    Raises BadParameter for values not allowed, Unsupported for models without classes.

    Source: chang2019, the map's order in place of an optimised mask; after dabkowski2017.
    """

    name: ClassVar[str] = "ssr"
    reference: ClassVar[str] = "chang2019"
    direction: ClassVar[Direction] = "insertion"
    never: ClassVar[str] = "nothing less than the whole input is sufficient"
    x_name: ClassVar[str] = "fraction kept"

    threshold: float = 0.9

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.threshold <= 1:
            raise BadParameter(f"ssr: threshold={self.threshold}; a number above 0 and up to 1 is needed")

    def met(self, sweep: dict[str, Tensor]) -> Tensor:
        probability, predicted = sweep["probability"], sweep["predicted"]
        enough = probability >= self.threshold * probability[..., -1:]
        return enough & (predicted == predicted[..., -1:])

    def is_never(self, point: Tensor, points: int) -> Tensor:
        return point >= points - 1
