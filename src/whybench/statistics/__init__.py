"""Statistics on arrays of per-sample scores; NaN is refused on the way in, so that none comes out."""

from whybench.statistics.agreement import kendall_tau_b
from whybench.statistics.groups import tie_groups
from whybench.statistics.intervals import LEVEL, Estimate, bca_interval, estimate, t_interval
from whybench.statistics.medians import MedianInterval, median_interval
from whybench.statistics.pairs import Comparison, Pairwise, compare, holm, pairwise
from whybench.statistics.power import needed_units
from whybench.statistics.ranks import rank_intervals, ranks
from whybench.statistics.values import finite, mean, mean_of_known
from whybench.statistics.wilcoxon import SignedRank, signed_rank

__all__ = [
    "LEVEL",
    "Comparison",
    "Estimate",
    "MedianInterval",
    "Pairwise",
    "SignedRank",
    "bca_interval",
    "compare",
    "estimate",
    "finite",
    "holm",
    "kendall_tau_b",
    "mean",
    "mean_of_known",
    "median_interval",
    "needed_units",
    "pairwise",
    "rank_intervals",
    "ranks",
    "signed_rank",
    "t_interval",
    "tie_groups",
]
