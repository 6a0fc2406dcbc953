"""Smallest destroying region."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from whybench.metrics.attribution.region_size import RegionSize
from whybench.registries import register
from whybench.sweeps import Direction


@register
@dataclass(frozen=True)
class SmallestDestroyingRegion(RegionSize):
    """The smallest share of features whose removal changes the predicted class, the most relevant removed first.

        s = min { q_i : the predicted class is not that of the clean input }

    over all points of the deletion sweep, q_i the share removed; the mean of two opposite orders where regions tie.
    One number a sample in [0, 1], lower is better, exact to one step of the grid. The curve need not be monotone, so
    every point is looked at and none is bisected. Where even the empty input keeps the class the score is 1 and marked
    as censored.

    For infill, crossing and details see `RegionSize`.

    Raises BadParameter for values not allowed, Unsupported for models without classes.

    Source: chang2019, the map's order in place of an optimised mask; after dabkowski2017.
    """

    name: ClassVar[str] = "sdr"
    reference: ClassVar[str] = "chang2019"
    direction: ClassVar[Direction] = "deletion"
    never: ClassVar[str] = "removing everything in this order does not change the class"
    x_name: ClassVar[str] = "fraction removed"

    def met(self, sweep: dict[str, Tensor]) -> Tensor:
        predicted = sweep["predicted"]
        return predicted != predicted[..., :1]

    def is_never(self, point: Tensor, points: int) -> Tensor:
        return point >= points
