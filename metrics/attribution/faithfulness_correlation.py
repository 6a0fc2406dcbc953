"""Faithfulness correlation."""

from dataclasses import dataclass
from typing import ClassVar

from whybench.explanations import Attribution
from whybench.metrics.attribution.correlations import CONSTANT, SAME_OUTPUT, SAME_SUMS, defined_scores, pearson, varies
from whybench.metrics.attribution.removal import RegionRemovalMetric
from whybench.metrics.attribution.subset_outputs import subset_sums
from whybench.protocols import Case, Scores
from whybench.registries import register


@register
@dataclass(frozen=True)
class FaithfulnessCorrelation(RegionRemovalMetric):
    """The correlation, over random subsets of regions, of a subset's relevance with what its removal costs.

        s = Pearson over subsets S, |S| = k, of  sum_{i in S} R_i  and  f(x) - f(x without S)

    One number a sample in [-1, 1], higher is better, without unit; 1 on an additive model for its own contributions.
    Scaling a map changes nothing, and the reversed map scores -s.

    subset: k as a share of the number of regions, at least one region and at most all but one; subsets: how many are
    drawn. Where there are no more different ones, each is taken once. For region, infill and output see
    `RegionRemovalMetric`. The outputs cost subsets + 1 passes a sample once, for any number of methods.

    A sample with a constant map is undefined; so is one whose subsets all have the same relevance, or the same output.

    Raises BadParameter; Unsupported for an infill that the domain has not the facts for, and for a single region.

    Source: bhatt2020.
    """

    name: ClassVar[str] = "faithfulness_correlation"
    range: ClassVar[tuple[float, float]] = (-1.0, 1.0)
    reference: ClassVar[str] = "bhatt2020"

    subset: float = 0.2
    subsets: int = 100

    def __post_init__(self) -> None:
        super().__post_init__()
        self.share("subset", self.subset)
        self.at_least("subsets", self.subsets, 2)

    @property
    def higher_is_better(self) -> bool:
        return True

    def score(self, case: Case[Attribution]) -> Scores:
        size = part_of(self.regions(case), self.subset)
        found = self.without(case, size, self.subsets)
        values, constant = self.relevance(case)
        sums, drops = subset_sums(values, found["removed"]), self.drops(case, found)
        return defined_scores(
            pearson(sums, drops),
            ((constant, CONSTANT), (self.unmoved(case, found), SAME_OUTPUT), (~varies(sums), SAME_SUMS)),
        )


def part_of(regions: int, share: float) -> int:
    """The number of regions nearest to a share of them, at least one and at most all but one.

    >>> part_of(64, 0.2), part_of(10, 0.01), part_of(3, 0.99)
    (13, 1, 2)
    """
    return min(max(int(share * regions + 0.5), 1), regions - 1)
