"""The Wilcoxon signed-rank test."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import ndtri
from scipy.stats import rankdata

from whybench.statistics.values import Array, Values, finite

EXACT_UP_TO = 50
"""Up to this many non-zero differences the null distribution is enumerated, with ties as well."""


@dataclass(frozen=True)
class SignedRank:
    """A two-sided p value and the rank sums of the positive and of the negative differences."""

    p: float
    positive: float
    negative: float

    @property
    def rank_biserial(self) -> float:
        """(T+ - T-) / (T+ + T-), from -1 to 1; 0 where all differences are zero. Source: kerby2014."""
        total = self.positive + self.negative
        return (self.positive - self.negative) / total if total else 0.0


def signed_rank(differences: Values) -> SignedRank:
    """Are the differences symmetric about zero? Two-sided, exact for up to 50 non-zero differences.

    T+ = sum of the ranks of |d| over d > 0. Zeros are ranked and then left out (Pratt); tied |d| share their mean
    rank; the null distribution gives every non-zero difference either sign with equal chance. All zero: p = 1.
    Raises ValueError where a difference is not finite. Source: wilcoxon1945, pratt1959.

    >>> signed_rank([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).p
    0.03125
    """
    return signed_ranks(finite(differences)[None])[0]


def signed_ranks(differences: Array) -> list[SignedRank]:
    """`signed_rank` of every row."""
    ranks = np.where(differences == 0, 0.0, rankdata(np.abs(differences), axis=1))
    positive = np.where(differences > 0, ranks, 0.0).sum(axis=1)
    negative = np.where(differences < 0, ranks, 0.0).sum(axis=1)
    return [
        SignedRank(_p_value(row[row > 0], max(plus, minus)), float(plus), float(minus))
        for row, plus, minus in zip(np.sort(ranks, axis=1), positive, negative, strict=True)
    ]


def critical_sum(n: int, alpha: float) -> float:
    """The smallest T+ of n untied differences whose two-sided p value is at most alpha; infinite where none is.

    >>> critical_sum(6, 0.05), critical_sum(5, 0.05)
    (21.0, inf)
    """
    if n > EXACT_UP_TO:
        return n * (n + 1) / 4 - float(ndtri(alpha / 2)) * math.sqrt(n * (n + 1) * (2 * n + 1) / 24)
    rejected = np.flatnonzero(2 * _upper_tail(tuple(range(2, 2 * n + 1, 2))) <= alpha)
    return float(math.ceil(rejected[0] / 2)) if len(rejected) else math.inf


def _p_value(ranks: Array, larger: float) -> float:
    if len(ranks) == 0:
        return 1.0
    if len(ranks) > EXACT_UP_TO:
        z = (larger - ranks.sum() / 2) / math.sqrt(float(np.sum(ranks**2)) / 4)
        return math.erfc(z / math.sqrt(2))
    doubled = tuple(int(r) for r in np.rint(2 * ranks))
    return min(1.0, 2 * float(_upper_tail(doubled)[round(2 * larger)]))


@lru_cache(maxsize=4096)
def _upper_tail(doubled_ranks: tuple[int, ...]) -> Array:
    """P(2 T+ >= t) for t = 0, 1, ..., where each rank counts or not with equal chance (mean ranks are halves)."""
    chance = np.zeros(sum(doubled_ranks) + 1)
    chance[0] = 1.0
    for rank in doubled_ranks:
        with_rank = np.zeros_like(chance)
        with_rank[rank:] = chance[: len(chance) - rank]
        chance = (chance + with_rank) / 2
    tail: Array = np.cumsum(chance[::-1])[::-1]
    return tail
