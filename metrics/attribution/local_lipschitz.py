"""Local Lipschitz estimate."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from whybench.explanations import Attribution
from whybench.metrics.attribution.nearby_metric import NearbyMetric
from whybench.protocols import Case
from whybench.registries import register


@register
@dataclass(frozen=True)
class LocalLipschitz(NearbyMetric):
    """How fast a map changes with the input: an estimate from below of its local Lipschitz constant.

    score = max over draws of |R(x + u) - R(x)|_2 / (|R(x)|_2 |u|_2), u uniform in [-radius, radius] for each value, in
    [0, inf), in 1 / unit of input. The map's own size is divided out, since otherwise small values win; the published
    ratio, without it, is the detail `plain`. Maps have one value a feature, channels being joined as the polarity
    says. Lower counts as better, hence a constant map wins.

    draws: how many inputs nearby; radius: in units of the input space. A zero map is undefined. Costs one explanation
    a draw, shared with the other metrics of nearby inputs.

    Raises BadParameter.

    Source: alvarezmelis2018.
    """

    name: ClassVar[str] = "local_lipschitz"
    reference: ClassVar[str] = "alvarezmelis2018"

    def ratios(self, case: Case[Attribution], maps: dict[str, Tensor]) -> Tensor:
        return maps["distance"] / (maps["step"] * maps["size"][:, None])

    def details(self, maps: dict[str, Tensor], judged: Tensor) -> dict[str, Tensor]:
        plain = torch.where(judged, maps["distance"] / maps["step"], -torch.inf).amax(1)
        return {"plain": torch.where(judged.any(1), plain, torch.nan), **super().details(maps, judged)}
