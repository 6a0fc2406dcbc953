"""Faithfulness estimate."""

from dataclasses import dataclass
from typing import ClassVar

from whybench.explanations import Attribution
from whybench.metrics.attribution.correlations import (
    CONSTANT,
    SAME_OUTPUT,
    Correlation,
    defined_scores,
    pearson,
    spearman,
)
from whybench.metrics.attribution.removal import RegionRemovalMetric
from whybench.protocols import Case, Scores
from whybench.registries import register


@register
@dataclass(frozen=True)
class FaithfulnessEstimate(RegionRemovalMetric):
    """The correlation of each region's relevance with what the removal of that region alone costs.

        s = correlation over regions i of  R_i  and  f(x) - f(x without i)

    One number a sample in [-1, 1], higher is better, without unit; 1 on an additive model for its own contributions.
    Scaling a map changes nothing, and the reversed map scores -s.

    correlation: `pearson` as in the paper, or `spearman`. For region, infill and output see `RegionRemovalMetric`. The
    outputs cost one pass a region and one more, for each sample once, for any number of methods. Nothing is random but
    what the infill may be.

    Quantus' FaithfulnessEstimate is the same for single features and for one channel; with more features a step it
    removes features that come one after another in the map's order, so that its passes are those of one method only.

    A sample with a constant map is undefined; so is one whose output is the same whatever is removed.

    Raises BadParameter; Unsupported for an infill that the domain has not the facts for, and for a single region.

    Source: alvarezmelis2018senn.
    """

    name: ClassVar[str] = "faithfulness_estimate"
    range: ClassVar[tuple[float, float]] = (-1.0, 1.0)
    reference: ClassVar[str] = "alvarezmelis2018senn"
    stochastic: ClassVar[bool] = False

    correlation: Correlation = "pearson"

    def __post_init__(self) -> None:
        super().__post_init__()
        self.one_of("correlation", self.correlation, ("pearson", "spearman"))

    @property
    def higher_is_better(self) -> bool:
        return True

    def score(self, case: Case[Attribution]) -> Scores:
        found = self.without(case, 1, self.regions(case))
        values, constant = self.relevance(case)
        correlation = pearson if self.correlation == "pearson" else spearman
        return defined_scores(
            correlation(values, self.drops(case, found)),
            ((constant, CONSTANT), (self.unmoved(case, found), SAME_OUTPUT)),
        )
