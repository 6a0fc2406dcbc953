"""A difference between two contenders that has no unit."""

import numpy as np

from whybench.statistics.pairs import RESOLUTION
from whybench.statistics.values import Array, Values, finite, mean

DIGITS = 12
"""Kept of a correlation, so that equal ones tie whatever order they were summed in."""


def standardised(a: Values, b: Values) -> float:
    """How far two rows of scores lie apart, seen against how much scores vary: the point-biserial correlation.

    r = (mean a - mean b) / (2 s), s the standard deviation (over n) of the values of both about their common mean, so
    that r = d / sqrt(d^2 + 4) of Cohen's d: from -1 to 1, the same in any unit, 0 where the means differ by rounding.
    Raises ValueError where the lengths differ or a value is not finite. Source: borenstein2009.

    >>> standardised([3.0, 5.0], [1.0, 3.0])
    0.707106781187
    """
    first, second = finite(a), finite(b)
    if first.shape != second.shape:
        raise ValueError(f"{len(first)} values against {len(second)}; both need as many")
    return float(standardised_pairs(np.stack([first, second]))[0])


def standardised_pairs(scores: Array) -> Array:
    """`standardised` of all pairs i < j of (contenders, samples), pair after pair."""
    i, j = np.triu_indices(len(scores), 1)
    means = np.array([mean(row) for row in scores], dtype=np.float64)
    variances, largest = scores.var(axis=1), np.abs(scores).max(axis=1, initial=0.0)
    apart = means[i] - means[j]
    apart[np.abs(apart) <= RESOLUTION * np.maximum(largest[i], largest[j])] = 0.0
    spread = np.sqrt((variances[i] + variances[j]) / 2 + apart**2 / 4)
    found = np.zeros_like(apart)
    np.divide(apart, 2 * spread, out=found, where=apart != 0)
    return found.round(DIGITS)
