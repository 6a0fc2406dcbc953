"""Metrics of how steady maps are near an input."""

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from whybench.errors import BadParameter
from whybench.explanations import Attribution, Explanation
from whybench.metrics.attribution.nearby_maps import NearbyMaps
from whybench.protocols import Case, Metric, Scores


@dataclass(frozen=True)
class NearbyMetric(Metric[Attribution]):
    """The largest of some ratio over the same few inputs near each sample; metrics of one `radius` share the maps.

    draws: how many inputs; radius: how far each value may move, in units of the input space.

    Raises BadParameter.
    """

    kind: ClassVar[type[Explanation]] = Attribution
    family: ClassVar[str] = "robustness"
    range: ClassVar[tuple[float, float]] = (0.0, math.inf)
    stochastic: ClassVar[bool] = True
    trivial: ClassVar[bool] = True

    draws: int = 10
    radius: float = 0.02

    def __post_init__(self) -> None:
        if not isinstance(self.draws, int) or self.draws < 1:
            raise BadParameter(f"{self.name}: draws={self.draws!r}; a whole number >= 1 is needed")
        if not (math.isfinite(self.radius) and self.radius > 0):
            raise BadParameter(f"{self.name}: radius={self.radius!r}; a finite number > 0 is needed")

    @property
    def higher_is_better(self) -> bool:
        return False

    @abstractmethod
    def ratios(self, case: Case[Attribution], maps: dict[str, Tensor]) -> Tensor:
        """The ratio of each draw, (n, draws), NaN where a draw is not to be judged."""

    def score(self, case: Case[Attribution]) -> Scores:
        maps = case.artifact(NearbyMaps(self.draws, self.radius))
        zero = maps["size"] == 0
        ratios = self.ratios(case, maps).masked_fill(zero[:, None], torch.nan)
        judged = ratios.isfinite()
        values = torch.where(judged, ratios, -torch.inf).amax(1)
        values = torch.where(judged.any(1), values, torch.nan)
        reasons = {
            i: "the map is zero everywhere" if zero[i] else "no input nearby can be judged"
            for i in (~judged.any(1)).nonzero().flatten().tolist()
        }
        return Scores(values, reasons, details=self.details(maps, judged))

    def details(self, maps: dict[str, Tensor], judged: Tensor) -> dict[str, Tensor]:
        """Further numbers a sample; judged: (n, draws) bool."""
        return {"judged": judged.double().mean(1)}
