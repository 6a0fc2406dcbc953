"""Medians of few measurements: exact ends, and the coverage that is claimed."""

from itertools import product

import numpy as np
import pytest

from whybench.statistics import median_interval


@pytest.mark.parametrize(("n", "low", "high"), [(1, 0, 0), (3, 0, 2), (5, 0, 4), (6, 0, 5), (7, 0, 6), (9, 1, 7)])
def test_the_ends_are_the_order_statistics_that_cover_the_level(n: int, low: int, high: int) -> None:
    values = np.random.default_rng(n).normal(size=n)
    found = median_interval(values)
    ordered = np.sort(values)
    assert found == (np.median(values), ordered[low], ordered[high])


def test_the_order_of_values_changes_nothing() -> None:
    values = [3.0, 1.0, 2.0, 9.0, 5.0, 7.0, 4.0, 8.0]
    assert median_interval(values) == median_interval(values[::-1])


def test_medians_of_resamples_against_their_exact_distribution() -> None:
    """Of 6 values, all 6^6 resamples: the quantile that bounds the interval is the lowest value."""
    medians = np.sort([np.median(draw) for draw in product(range(6), repeat=6)])
    tail = 0.00243  # of level 0.95 and n = 6, worked out by hand
    assert medians[int(tail * len(medians))] == 0.0
    assert median_interval(range(6)).low == 0.0


@pytest.mark.parametrize("n", [7, 9])
def test_covers_the_median_of_skewed_data(n: int) -> None:
    draws = np.random.default_rng(0).lognormal(size=(1000, n))
    intervals = [median_interval(draw) for draw in draws]
    assert np.mean([low <= 1 <= high for _, low, high in intervals]) >= 0.95


@pytest.mark.parametrize("values", [[], [1.0, float("nan")]])
def test_refuses_what_has_no_median(values: list[float]) -> None:
    with pytest.raises(ValueError, match="values"):
        median_interval(values)
