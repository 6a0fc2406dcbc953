"""How many units are needed before anything can be claimed."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from whybench.statistics.intervals import estimate
from whybench.statistics.values import Array, Values, finite
from whybench.statistics.wilcoxon import critical_sum

MOST = 10**6
"""More units than these are called none: no study has them."""


def needed_units(contenders: int, alpha: float = 0.05) -> int:
    """The fewest units (blocks or samples) with which a Holm-corrected signed-rank pair can be significant at all.

    The smallest b with 2^(1-b) m (m - 1) / 2 <= alpha: with all b differences of one sign the two-sided p value is
    2^(1-b), and the smallest of m (m - 1) / 2 p values is multiplied by their number. Source: demsar2006.

    >>> needed_units(2), needed_units(15)
    (6, 13)
    """
    pairs = contenders * (contenders - 1) // 2
    units = 1
    while pairs * 2.0 ** (1 - units) > alpha:
        units += 1
    return units


@dataclass(frozen=True)
class Needed:
    """How many units would separate a pair, an estimate.

    low, high: the same were the mean difference at the far or at the near end of its 95 % interval; None where no
    number of units up to a million is enough.
    """

    units: int | None
    low: int | None
    high: int | None


def units_to_separate(differences: Values, contenders: int = 2, alpha: float = 0.05, power: float = 0.8) -> Needed:
    """With how many such differences the signed-rank test would find, with chance `power`, that they are positive.

    differences: a's scores less b's, in the units that were observed; contenders: the pool,
    whose m (m - 1) / 2 pairs share alpha. Of n units, T+ is about normal with mean n p1 + n (n - 1) p2 / 2 and variance

        n p1 (1 - p1) + n (n - 1) (2 p1^2 - 4 p1 p2 + 3 p2 - p2^2) / 2 + n (n - 1) (n - 2) (p3 - p2^2),

    p1 = P(D > 0), p2 = P(D + D' > 0), p3 = P(D + D' > 0 and D + D'' > 0), read off the observed pairs and triples,
    zeros counting one half. Never less than `needed_units`. What was observed is taken for the truth: a pair chosen
    because it is first and second is further apart in the sample than in truth as often as not.

    Raises ValueError for less than 3 differences and where one is not finite. Source: lehmann1975.

    >>> units_to_separate([3.0, 1.0, 2.0, -1.0, 4.0, -2.0, 2.5, 0.5])
    Needed(units=19, low=7, high=None)
    """
    array = finite(differences)
    if len(array) < 3:
        raise ValueError(f"{len(array)} differences; the power of more is estimated from 3 or more")
    found = estimate(array)
    assert found.low is not None
    assert found.high is not None
    level = alpha / max(contenders * (contenders - 1) // 2, 1)
    fewest = needed_units(contenders, alpha)
    near, far = array - found.mean + found.low, array - found.mean + found.high
    return Needed(
        _units(array, level, power, fewest),
        _units(far, level, power, fewest),
        _units(near, level, power, fewest) if found.low > 0 else None,
    )


def _units(differences: Array, level: float, power: float, fewest: int) -> int | None:
    chances = _chances(differences)
    if chances[1] <= 0.5:
        return None
    enough = fewest
    while _power(enough, chances, level) < power:
        enough *= 2
        if enough > MOST:
            return None
    short = enough // 2
    if enough == fewest:
        return fewest
    while enough - short > 1:
        middle = (enough + short) // 2
        if _power(middle, chances, level) < power:
            short = middle
        else:
            enough = middle
    return enough


def _chances(differences: Array) -> tuple[float, float, float]:
    """p1, p2 and p3 of `units_to_separate`."""
    n = len(differences)
    ahead = (np.sign(differences[:, None] + differences[None, :]) + 1) / 2
    np.fill_diagonal(ahead, 0.0)
    rows = ahead.sum(axis=1)
    both = rows**2 - (ahead**2).sum(axis=1)
    p1 = float(np.mean((np.sign(differences) + 1) / 2))
    return p1, float(rows.sum()) / (n * (n - 1)), float(both.sum()) / (n * (n - 1) * (n - 2))


def _power(n: int, chances: tuple[float, float, float], level: float) -> float:
    p1, p2, p3 = chances
    expected = n * p1 + n * (n - 1) * p2 / 2
    variance = (
        n * p1 * (1 - p1)
        + n * (n - 1) * (2 * p1**2 - 4 * p1 * p2 + 3 * p2 - p2**2) / 2
        + n * (n - 1) * (n - 2) * (p3 - p2**2)
    )
    critical = critical_sum(n, level)
    if variance <= 0:
        return float(expected >= critical)
    return float(ndtr((expected - critical + 0.5) / np.sqrt(variance)))
