"""Outside-inside relevance ratio."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from whybench.errors import BadParameter
from whybench.explanations import Attribution
from whybench.metrics.attribution.localisation import LocalisationMetric, nothing_positive, positive_mass
from whybench.protocols import Case, Scores
from whybench.registries import register


@register
@dataclass(frozen=True)
class OutsideInsideRatio(LocalisationMetric):
    """The mean positive relevance outside the mask over that inside; lower is better.

        s = mean_{j not in M} max(R_j, 0) / mean_{i in M} max(R_i, 0)

    One number a sample, without unit, at least 0: 0 for a map that is the mask, 1 for a constant map, whatever the
    mask's size. Unchanged by a positive factor. Above 1 relevance is denser outside; there is no largest ratio (that of
    the mask's complement is infinite), and means over samples would be those of the few largest, so that ratios from
    `most` on score `most` and are marked as censored.

    most: the ratio from which on scores are bounds; relevance: as in `LocalisationMetric`, a map without any above zero
    is undefined, as is a mask that covers everything.

    Raises BadParameter for values not allowed, Unsupported for samples without masks.

    Source: lapuschkin2016.
    """

    name: ClassVar[str] = "outside_inside_ratio"
    range: ClassVar[tuple[float, float]] = (0.0, float("inf"))
    reference: ClassVar[str] = "lapuschkin2016"

    most: float = 100.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 1 < self.most < float("inf"):
            raise BadParameter(f"outside_inside_ratio: most={self.most}; a finite number above 1 is needed")

    @property
    def higher_is_better(self) -> bool:
        return False

    def gaps(self, relevance: Tensor, masks: Tensor) -> dict[str, Tensor]:
        return {"the mask covers everything": masks.flatten(1).all(1), **nothing_positive(relevance)}

    def judged(self, case: Case[Attribution]) -> Scores:
        relevance, masks = self.located(case)
        undefined = self.undefined(case, relevance, masks)
        ratio = self.measure(relevance, masks).cpu()
        ratio[list(undefined)] = torch.nan
        bounds = (ratio >= self.most).nonzero().flatten().tolist()
        censored = dict.fromkeys(bounds, f"relevance is at least {self.most:g} times as dense outside the mask")
        return Scores(ratio.clamp(max=self.most), undefined, censored)

    def measure(self, relevance: Tensor, masks: Tensor) -> Tensor:
        inside, _ = positive_mass(relevance, masks)
        outside, _ = positive_mass(relevance, ~masks)
        count = masks.flatten(1).sum(1)
        return (outside / (~masks).flatten(1).sum(1)) / (inside / count)
