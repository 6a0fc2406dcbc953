"""A median and its interval, for a handful of repeated measurements."""

from typing import NamedTuple

import numpy as np
from scipy import stats

from whybench.statistics.resampling import RESAMPLES, counts
from whybench.statistics.values import Array, Values, finite


class MedianInterval(NamedTuple):
    """A median with the ends of its interval, low <= median <= high."""

    median: float
    low: float
    high: float


def median_interval(values: Values, level: float = 0.95) -> MedianInterval:
    """The median with an expanded percentile bootstrap interval; the resamples are seeded.

    The quantiles a and 1 - a of the resampled medians, a = Phi(-sqrt(n / (n - 1)) t), t the Student quantile of
    `level` with n - 1 degrees of freedom. The plain percentile interval is too short for few values: of 7 it leaves
    out the lowest and the highest, and covers 87.5 % where 95 % are claimed; this one covers 98.4 %. With less than
    6 values it is their range, which covers 1 - 2^(1 - n): 75 % of the time for 3.

    Raises ValueError where values are empty or not finite.

    Source: hesterberg2015.

    >>> median_interval([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 70.0])
    MedianInterval(median=4.0, low=1.0, high=70.0)
    """
    array = np.sort(finite(values))
    n = len(array)
    middle = float(np.median(array))
    if n < 6:
        return MedianInterval(middle, float(array[0]), float(array[-1]))
    tail = stats.norm.cdf(-np.sqrt(n / (n - 1)) * stats.t.ppf((1 + level) / 2, n - 1))
    place = max(int(tail * (RESAMPLES + 1)), 1)
    resampled = np.sort(_medians(array))
    return MedianInterval(middle, float(resampled[place - 1]), float(resampled[-place]))


def _medians(ordered: Array) -> Array:
    """The median of each resample of ascending values."""
    reached = counts(len(ordered)).cumsum(1)
    lower = (reached >= (len(ordered) + 1) // 2).argmax(1)
    upper = (reached >= len(ordered) // 2 + 1).argmax(1)
    middles: Array = (ordered[lower] + ordered[upper]) / 2
    return middles
