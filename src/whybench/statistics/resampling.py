"""Bootstrap resamples: the same ones for every method, metric and run, so that comparisons stay paired."""

from functools import lru_cache
from typing import Any

import numpy as np

from whybench.statistics.values import Array

RESAMPLES = 1999
SEED = 0


@lru_cache(maxsize=16)
def counts(n: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """How often each of n samples is drawn in each resample, shape (RESAMPLES, n)."""
    generator = np.random.default_rng(SEED)
    drawn = np.empty((RESAMPLES, n), dtype=np.uint8)
    for row in drawn:
        row[:] = np.bincount(generator.integers(0, n, n), minlength=n)
    return drawn


def means(values: Array) -> Array:
    """The mean of each resample, shape (RESAMPLES,).

    By einsum and not by a matrix product, whose last bits depend on the number of threads.
    """
    n = len(values)
    sums: Array = np.einsum("bn,n->b", counts(n), values)
    return sums / n
