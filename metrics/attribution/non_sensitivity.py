"""Non-sensitivity."""

from dataclasses import dataclass
from typing import ClassVar

import torch

from whybench.errors import BadParameter
from whybench.explanations import Attribution, Explanation
from whybench.metrics.attribution.used_regions import UsedRegions
from whybench.protocols import Case, Metric, Scores
from whybench.protocols.blocks import scores_by_block
from whybench.registries import register


@register
@dataclass(frozen=True)
class NonSensitivity(Metric[Attribution]):
    """How many regions have relevance although the model does not use them, or none although it does.

    score = |{R = 0} symmetric difference {not used}| / number of regions, in [0, 1], without unit; 0 is right
    everywhere. A region is not used where the explained output stays the same, up to rounding, when the region alone is
    replaced by noise as wide as the input's range; it has no relevance where no |R_i| in it is above threshold *
    max |R|. The details `spurious` and `missed` are the two shares that add up to the score, `unused` that of the
    regions not used: where it is 0, as with most networks on dense inputs, a constant map wins.

    draws: how often each region is replaced; region: side in features, or None for the domain's default (a column, or
    1/14 of an image's shorter side); threshold: as a share of the largest absolute relevance, in [0, 1). A zero map has
    no relevance anywhere. Costs n x (regions x draws + 1) passes, shared by all methods.

    Raises BadParameter; Unsupported where a region is larger than the inputs.

    Source: nguyen2020.
    """

    name: ClassVar[str] = "non_sensitivity"
    kind: ClassVar[type[Explanation]] = Attribution
    family: ClassVar[str] = "axiom"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    reference: ClassVar[str] = "nguyen2020"
    stochastic: ClassVar[bool] = True
    trivial: ClassVar[bool] = True

    draws: int = 2
    region: int | None = None
    threshold: float = 1e-6

    def __post_init__(self) -> None:
        if not isinstance(self.draws, int) or self.draws < 1:
            raise BadParameter(f"non_sensitivity: draws={self.draws!r}; a whole number >= 1 is needed")
        if self.region is not None and (not isinstance(self.region, int) or self.region < 1):
            raise BadParameter(f"non_sensitivity: region={self.region!r}; a whole number >= 1 or None is needed")
        if not 0 <= self.threshold < 1:
            raise BadParameter(f"non_sensitivity: threshold={self.threshold!r}; a number in [0, 1) is needed")

    @property
    def higher_is_better(self) -> bool:
        return False

    def score(self, case: Case[Attribution]) -> Scores:
        return scores_by_block(self._judged, case)

    def _judged(self, case: Case[Attribution]) -> Scores:
        used = case.artifact(UsedRegions(self.draws, self.region))["used"].cpu()
        maps = case.domain.per_feature(case.explanation.relevance, case.explanation.polarity, case.inputs.shape)
        absolute = maps.flatten(1).abs()
        high = absolute > self.threshold * absolute.amax(1, keepdim=True)
        regions = case.domain.regions(case.inputs.shape, self.region)
        relevant = (regions.sums(high.view_as(maps)) > 0).cpu()
        spurious, missed = (relevant & ~used).double().mean(1), (~relevant & used).double().mean(1)
        wrong = (relevant != used).sum(1).double() / used.shape[1]
        unused = torch.ones_like(wrong) - used.double().mean(1)
        return Scores(wrong, details={"spurious": spurious, "missed": missed, "unused": unused})
