"""Comparing contenders on the same samples."""

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from whybench.statistics.intervals import Estimate, estimate
from whybench.statistics.values import Array, Values, finite
from whybench.statistics.wilcoxon import signed_rank, signed_ranks

ALPHA = 0.05
RESOLUTION = 1e-6
"""Differences smaller than this part of the largest score are rounding (of float32 passes), and count as zero."""


@dataclass(frozen=True)
class Comparison:
    """a - b on the same samples: the mean difference with its interval, the median, the effect size and the p value."""

    difference: Estimate
    median: float
    rank_biserial: float
    p: float


def compare(a: Values, b: Values) -> Comparison:
    """a against b, sample by sample: positive where a is larger.

    Raises ValueError where the lengths differ or a value is not finite. Source: wilcoxon1945, kerby2014.

    >>> compare([2.0, 4.0, 6.0], [1.0, 2.0, 3.0]).median
    2.0
    """
    difference = paired(a, b)
    test = signed_rank(difference)
    return Comparison(estimate(difference), float(np.median(difference)), test.rank_biserial, test.p)


def paired(a: Values, b: Values) -> Array:
    """a - b sample by sample, zero where it is rounding.

    Raises ValueError where the lengths differ or a value is not finite.

    >>> paired([2.0, 1.0], [1.0, 1.0 - 1e-9]).tolist()
    [1.0, 0.0]
    """
    first, second = finite(a), finite(b)
    if first.shape != second.shape:
        raise ValueError(f"{len(first)} values against {len(second)}; a paired comparison needs the same samples")
    return _difference(first, second)


def holm(p_values: Values) -> Array:
    """Holm's step-down adjusted p values, in the order given.

    The i-th smallest of m becomes max over j <= i of (m - j + 1) p_j, at most 1. Source: holm1979.

    >>> [round(p, 12) for p in holm([0.01, 0.04, 0.03]).tolist()]
    [0.03, 0.06, 0.06]
    """
    p = finite(p_values)
    if p.min() < 0 or p.max() > 1:
        raise ValueError(f"p values from {p.min()} to {p.max()}; expected 0 to 1")
    order = np.argsort(p, kind="stable")
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)))
    return adjusted


@dataclass(frozen=True, eq=False)
class Pairwise:
    """All pairs of m contenders: symmetric (m, m) matrices of Holm-adjusted p values and of who is separated."""

    p: Array
    separated: np.ndarray[Any, np.dtype[np.bool_]]

    @property
    def any_separated(self) -> bool:
        return bool(self.separated.any())


def pairwise(scores: Array, standing: Values, alpha: float = ALPHA) -> Pairwise:
    """Which contenders differ: `separate` on the paired differences of (contenders, units)."""
    table = finite(scores, 2)
    differences = [_difference(table[i], table[j]) for i, j in combinations(range(len(table)), 2)]
    return separate(np.array(differences, dtype=np.float64).reshape(len(differences), table.shape[1]), standing, alpha)


def separate(differences: Array, standing: Values, alpha: float = ALPHA) -> Pairwise:
    """Which contenders differ: signed-rank tests of all pairs, Holm-adjusted over these pairs.

    differences: (pairs i < j, units), positive where i is ahead; standing: the number that orders the contenders
    (their means), larger for those ahead. A pair is separated where its adjusted p value is at most alpha and the
    rank sums agree with the standing on who is ahead: a mean that outliers pull the other way separates nobody.
    Source: wilcoxon1945, holm1979.
    """
    place = finite(standing)
    m = len(place)
    p, separated = np.ones((m, m)), np.zeros((m, m), dtype=np.bool_)
    pairs = list(combinations(range(m), 2))
    if not pairs:
        return Pairwise(p, separated)
    tests = signed_ranks(finite(differences, 2))
    for (i, j), test, adjusted in zip(pairs, tests, holm([t.p for t in tests]), strict=True):
        agree = test.rank_biserial * (place[i] - place[j]) > 0
        p[i, j] = p[j, i] = adjusted
        separated[i, j] = separated[j, i] = adjusted <= alpha and agree
    return Pairwise(p, separated)


def _difference(a: Array, b: Array) -> Array:
    difference = a - b
    noise = RESOLUTION * max(float(np.abs(a).max()), float(np.abs(b).max()))
    return np.where(np.abs(difference) <= noise, 0.0, difference)
