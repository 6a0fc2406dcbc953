"""Sensitivity-n."""

from dataclasses import dataclass, replace
from typing import ClassVar

import torch

from whybench.errors import BadParameter
from whybench.explanations import Attribution
from whybench.metrics.attribution.correlations import CONSTANT, SAME_OUTPUT, defined_scores, pearson, varies
from whybench.metrics.attribution.faithfulness_correlation import part_of
from whybench.metrics.attribution.removal import RegionRemovalMetric
from whybench.metrics.attribution.subset_outputs import subset_sums
from whybench.protocols import Case, Curves, Scores
from whybench.registries import register


@register
@dataclass(frozen=True)
class SensitivityN(RegionRemovalMetric):
    """The correlation of a subset's relevance with what its removal costs, mean over subsets of many sizes.

        s = mean over n of  Pearson over subsets S, |S| = n, of  sum_{i in S} R_i  and  f(x) - f(x without S)

    One number a sample in [-1, 1], higher is better, without unit; 1 at every n on an additive model for its own
    contributions. Scaling a map changes nothing, and the reversed map scores -s. The curve shows the correlation for
    every n, as the paper's figures do.

    smallest, largest: the first and the last n as shares of the number of regions; sizes: how many n between them, in
    equal ratios, those that fall together counted once; subsets: how many are drawn at each n. Where there are no more
    different ones, each is taken once. For region, infill and output see `RegionRemovalMetric`. The outputs cost
    sizes * subsets + 1 passes a sample once, for any number of methods.

    A size at which no output differs is left out, for every method alike; one at which the outputs differ but no
    subset's relevance does counts as 0: a map with few regions is not spared the sizes that miss them. A sample with a
    constant map is undefined; so is one whose output is the same whatever is removed.

    Quantus' SensitivityN is another quantity: it removes the most relevant features first and correlates over the
    samples of a batch, so that it has no value for a sample by itself.

    Raises BadParameter; Unsupported for an infill that the domain has not the facts for, and for a single region.

    Source: ancona2018.
    """

    name: ClassVar[str] = "sensitivity_n"
    range: ClassVar[tuple[float, float]] = (-1.0, 1.0)
    reference: ClassVar[str] = "ancona2018"

    smallest: float = 0.02
    largest: float = 0.8
    sizes: int = 8
    subsets: int = 50

    def __post_init__(self) -> None:
        super().__post_init__()
        self.share("smallest", self.smallest)
        self.share("largest", self.largest)
        if self.smallest > self.largest:
            raise BadParameter(f"sensitivity_n: smallest={self.smallest} is above largest={self.largest}")
        self.at_least("sizes", self.sizes, 1)
        self.at_least("subsets", self.subsets, 2)

    @property
    def higher_is_better(self) -> bool:
        return True

    def score(self, case: Case[Attribution]) -> Scores:
        regions = self.regions(case)
        values, constant = self.relevance(case)
        sizes = self.subset_sizes(regions)
        columns = []
        for size in sizes:
            found = self.without(case, size, self.subsets)
            sums = subset_sums(values, found["removed"])
            found_correlation = pearson(sums, self.drops(case, found)).masked_fill(~varies(sums), 0.0)
            columns.append(found_correlation.masked_fill(self.unmoved(case, found), torch.nan))
        correlations = torch.stack(columns, 1).masked_fill(constant[:, None], torch.nan)
        silent = correlations.isnan().all(1)
        scores = defined_scores(correlations.nanmean(1), ((constant, CONSTANT), (silent, SAME_OUTPUT)))
        share = torch.tensor(sizes, dtype=torch.float64).expand(len(case), -1) / regions
        return replace(scores, curves=Curves(share, correlations, "fraction of regions removed", "correlation"))

    def subset_sizes(self, regions: int) -> list[int]:
        """The different n, rising.

        >>> SensitivityN().subset_sizes(196)
        [4, 7, 11, 19, 32, 55, 93, 157]
        """
        ratio = (self.largest / self.smallest) ** (1 / max(1, self.sizes - 1))
        return sorted({part_of(regions, self.smallest * ratio**i) for i in range(self.sizes)})
