"""How many models, from the spread of a difference over models."""

from collections.abc import Sequence
from math import ceil
from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from whybench.statistics import units_to_separate
from whybench.statistics.values import Array

POWER, ALPHA = 0.8, 0.05


class Spread(NamedTuple):
    """What a method's score on a model varies by, beyond what all methods share: variances.

    model: method x model, another one on each model; sample: method x sample in model, with one sample.
    """

    model: float
    sample: float

    def of_difference(self, samples: float) -> float:
        """The variance, over models, of the difference of two methods' means of so many samples."""
        return 2 * (self.model + self.sample / samples)


def models_needed(difference: float, spread: Spread, samples: float, pairs: int = 1) -> int:
    """With how many models a true mean difference is found four times of five, two-sided at 5 % over `pairs` pairs.

        k = (z_{1 - alpha / 2} + z_{power})^2 2 (s_model^2 + s_sample^2 / samples) / difference^2

    and no fewer than 2; a normal approximation.

    >>> models_needed(0.1, Spread(0.01, 0.04), 16)
    20
    """
    z = ndtri(1 - ALPHA / pairs / 2) + ndtri(POWER)
    return max(2, ceil(float(z**2) * spread.of_difference(samples) / difference**2))


class Need(NamedTuple):
    """Pairs by the number of models that the signed-rank test needs to separate them four times of five."""

    most: int | None
    share: float
    corrected: float


def needs(ahead: Array, methods: int, limits: Sequence[int]) -> list[Need]:
    """What share of the pairs would be separated with at most so many models like those of the pool.

    ahead: (pairs, models), by how much the first of each pair is ahead; methods: whose pairs the corrected test is
    shared by. The last row, most None, holds the pairs that no number of models separates.
    """
    oriented = ahead * np.where(ahead.mean(axis=1) < 0, -1, 1)[:, None]
    alone = [units_to_separate(row).units for row in oriented]
    among = [units_to_separate(row, methods).units for row in oriented]

    def within(found: Sequence[int | None], limit: int) -> float:
        return float(np.mean([units is not None and units <= limit for units in found]))

    rows = [Need(limit, within(alone, limit), within(among, limit)) for limit in limits]
    never = [float(np.mean([units is None for units in found])) for found in (alone, among)]
    return [*rows, Need(None, *never)]
