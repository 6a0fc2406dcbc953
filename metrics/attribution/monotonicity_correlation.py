"""Monotonicity, as a correlation."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from whybench.explanations import Attribution
from whybench.metrics.attribution.correlations import CONSTANT, SAME_OUTPUT, defined_scores, spearman, varies
from whybench.metrics.attribution.removal import RegionRemovalMetric
from whybench.metrics.attribution.resampled_outputs import ResampledOutputs
from whybench.protocols import Case, Scores
from whybench.registries import register


@register
@dataclass(frozen=True)
class MonotonicityCorrelation(RegionRemovalMetric):
    """The rank correlation of each region's absolute relevance with how far the output moves when it is replaced.

        s = Spearman over regions i of  |R_i|  and  mean over draws of (f(x) - f(x with region i replaced))^2

    One number a sample in [-1, 1], higher is better, without unit. Neither the scale nor the sign of a map matters,
    hence the reversed map scores s as well. On an additive model 1 for its own contributions with a fixed infill.

    infill: `uniform` draws every region `draws` times between the domain's bounds, and costs regions * draws + 1
    passes a sample; any other is put in once, for which the outputs of `faithfulness_estimate` serve. Both once for
    any number of methods. For region and output see `RegionRemovalMetric`. Quantus' MonotonicityCorrelation also
    divides by f(x)^2, which changes no rank.

    A sample whose absolute map is constant is undefined; so is one whose output is the same whatever is replaced.

    Raises BadParameter; Unsupported for an infill that the domain has not the facts for, and for a single region.

    Source: nguyen2020.
    """

    name: ClassVar[str] = "monotonicity_correlation"
    range: ClassVar[tuple[float, float]] = (-1.0, 1.0)
    reference: ClassVar[str] = "nguyen2020"

    infill: str = "uniform"
    draws: int = 5

    def __post_init__(self) -> None:
        super().__post_init__()
        self.at_least("draws", self.draws, 1)

    @property
    def higher_is_better(self) -> bool:
        return True

    def score(self, case: Case[Attribution]) -> Scores:
        regions = self.regions(case)
        found = self._outputs(case, regions)
        moved = self.drops(case, found).square().view(len(case), regions, -1).mean(2)
        values, constant = self.relevance(case)
        absolute = values.abs()
        return defined_scores(
            spearman(absolute, moved),
            (
                (constant | ~varies(absolute), CONSTANT),
                (self.unmoved(case, found) | ~varies(moved), SAME_OUTPUT),
            ),
        )

    def _outputs(self, case: Case[Attribution], regions: int) -> dict[str, Tensor]:
        if self.infill == "uniform":
            return case.artifact(ResampledOutputs(self.region, self.draws))
        return self.without(case, 1, regions)
