"""Statistics on arrays of per-sample scores; NaN is refused on the way in, so that none comes out."""

from whybench.statistics.agreement import kendall_tau_b
from whybench.statistics.components import Component, difference_error, variance_components
from whybench.statistics.groups import tie_groups
from whybench.statistics.intervals import (
    LEVEL,
    Estimate,
    bca_interval,
    estimate,
    skewed_t_interval,
    t_interval,
)
from whybench.statistics.medians import MedianInterval, median_interval
from whybench.statistics.pairs import Comparison, Pairwise, compare, holm, pairwise, separate
from whybench.statistics.pareto import pareto_front
from whybench.statistics.power import Needed, needed_units, units_to_separate
from whybench.statistics.ranks import places, rank_intervals, ranks, shared_ranks
from whybench.statistics.redundancy import restated
from whybench.statistics.standardised import standardised, standardised_pairs
from whybench.statistics.values import finite, mean, mean_of_known
from whybench.statistics.wilcoxon import SignedRank, signed_rank

__all__ = [
    "LEVEL",
    "Comparison",
    "Component",
    "Estimate",
    "MedianInterval",
    "Needed",
    "Pairwise",
    "SignedRank",
    "bca_interval",
    "compare",
    "difference_error",
    "estimate",
    "finite",
    "holm",
    "kendall_tau_b",
    "mean",
    "mean_of_known",
    "median_interval",
    "needed_units",
    "pairwise",
    "pareto_front",
    "places",
    "rank_intervals",
    "ranks",
    "restated",
    "separate",
    "shared_ranks",
    "signed_rank",
    "skewed_t_interval",
    "standardised",
    "standardised_pairs",
    "t_interval",
    "tie_groups",
    "units_to_separate",
    "variance_components",
]
