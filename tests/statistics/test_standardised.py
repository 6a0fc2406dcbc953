import math

import numpy as np
import pytest
from scipy.stats import pointbiserialr

from whybench.statistics import standardised, standardised_pairs


def test_by_hand() -> None:
    # means 4 and 2, all four values 3, 5, 1, 3: mean 3, sum of squares 8, s = sqrt(2)
    assert standardised([3.0, 5.0], [1.0, 3.0]) == pytest.approx(1 / math.sqrt(2), abs=1e-12)
    assert standardised([1.0, 3.0], [3.0, 5.0]) == -standardised([3.0, 5.0], [1.0, 3.0])


def test_it_is_the_correlation_of_scores_with_who_they_belong_to() -> None:
    a, b = np.random.default_rng(3).exponential(size=(2, 40))
    expected = pointbiserialr([1] * 40 + [0] * 40, np.concatenate([a, b])).statistic
    assert standardised(a, b) == pytest.approx(expected, abs=1e-12)


def test_it_is_cohens_d_bent_to_stay_below_one() -> None:
    a, b = np.random.default_rng(4).normal(size=(2, 25)) + np.array([0.7, 0.0]).reshape(2, 1)
    d = (a.mean() - b.mean()) / math.sqrt((a.var() + b.var()) / 2)
    assert standardised(a, b) == pytest.approx(d / math.sqrt(d**2 + 4), abs=1e-12)


def test_no_unit_and_no_offset_changes_it() -> None:
    a, b = np.random.default_rng(5).normal(size=(2, 9))
    assert standardised(1e4 * a - 7, 1e4 * b - 7) == pytest.approx(standardised(a, b), abs=1e-11)


def test_ends() -> None:
    assert standardised([2.0, 2.0], [1.0, 1.0]) == 1.0
    assert standardised([2.0], [3.0]) == -1.0
    assert standardised([2.0, 2.0], [2.0, 2.0]) == 0.0
    assert standardised([1.0 + 1e-8, 3.0], [1.0, 3.0]) == 0.0


def test_pairs_in_order() -> None:
    table = np.random.default_rng(6).normal(size=(3, 5))
    expected = [standardised(table[i], table[j]) for i, j in ((0, 1), (0, 2), (1, 2))]
    assert standardised_pairs(table).tolist() == expected
    assert standardised_pairs(table[:1]).tolist() == []


def test_what_is_refused() -> None:
    with pytest.raises(ValueError, match="2 values against 3"):
        standardised([1.0, 2.0], [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="value nan at position 1"):
        standardised([1.0, math.nan], [1.0, 2.0])
