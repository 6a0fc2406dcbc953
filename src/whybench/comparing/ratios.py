"""A ratio of medians of two groups of laps, with its interval."""

from typing import Any

import numpy as np
from scipy import stats

from whybench.statistics import MedianInterval, finite
from whybench.statistics.resampling import RESAMPLES, SEED
from whybench.statistics.values import Array, Values

FEWEST = 6
"""With less laps than this on a side the interval is the range of all ratios."""


def median_ratio(after: Values, before: Values, level: float = 0.95) -> MedianInterval:
    """median(after) / median(before) with an expanded percentile bootstrap interval; the resamples are seeded.

    The laps were not taken in the same rounds: the two groups are resampled apart. The quantiles are those of
    `median_interval`, a = Phi(-sqrt(n / (n - 1)) t), with n the smaller number of laps. With less than 6 laps on a
    side it is the range of all ratios, which misses equal work with the chance 2 n! m! / (n + m)!: 10 % for 3 and 3.

    Raises ValueError where a side is empty, not finite, or not above zero. Source: hesterberg2015.

    >>> median_ratio([2.0, 2.0, 2.5], [1.0, 1.0, 1.25])
    MedianInterval(median=2.0, low=1.6, high=2.5)
    """
    x, y = finite(after), finite(before)
    if min(x.min(), y.min()) <= 0:
        raise ValueError(f"laps of {min(x.min(), y.min())} seconds; a lap takes time")
    n, middle = min(len(x), len(y)), float(np.median(x) / np.median(y))
    if n < FEWEST:
        return MedianInterval(middle, float(x.min() / y.max()), float(x.max() / y.min()))
    tail = float(stats.norm.cdf(-np.sqrt(n / (n - 1)) * stats.t.ppf((1 + level) / 2, n - 1)))
    generator = np.random.default_rng(SEED)
    resampled = np.sort(_medians(generator, x) / _medians(generator, y))
    place = max(int(tail * (RESAMPLES + 1)), 1)
    low, high = float(resampled[place - 1]), float(resampled[-place])
    return MedianInterval(middle, min(low, middle), max(high, middle))


def _medians(generator: np.random.Generator, values: Array) -> np.ndarray[Any, np.dtype[np.float64]]:
    drawn = generator.integers(0, len(values), (RESAMPLES, len(values)))
    found: np.ndarray[Any, np.dtype[np.float64]] = np.median(values[drawn], axis=1)
    return found
