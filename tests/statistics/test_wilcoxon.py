import math
from itertools import product

import numpy as np
import pytest
from scipy import stats

from whybench.statistics import signed_rank


def enumerated(differences: list[float]) -> float:
    """The two-sided p value from all sign patterns of the non-zero differences, zeros ranked first (Pratt)."""
    size = [abs(d) for d in differences]
    ranks = [sum(s < one for s in size) + (1 + sum(s == one for s in size)) / 2 for one in size]
    kept = [(r, d) for r, d in zip(ranks, differences, strict=True) if d != 0]
    total = sum(r for r, _ in kept)
    observed = abs(2 * sum(r for r, d in kept if d > 0) - total)
    patterns = list(product((0, 1), repeat=len(kept)))
    extreme = sum(
        abs(2 * sum(r for s, (r, _) in zip(signs, kept, strict=True) if s) - total) >= observed for signs in patterns
    )
    return extreme / len(patterns)


@pytest.mark.parametrize(
    "differences",
    [
        [1.0],
        [0.5, -1.5, 2.0],
        [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        [-1.0, 2.0, -3.0, 4.0, 5.0, 7.0, 9.0],
        [1.0, 1.0, -1.0, 2.0, 2.0, 3.0, -3.0, 3.0],
        [0.0, 0.0, 1.0, -2.0, 2.0, 3.0, 4.0],
        [0.0, 1.0, 1.0, 1.0, 1.0, -1.0, 0.0, 2.0, 5.0, 5.0],
    ],
)
def test_exact_for_small_samples_by_enumeration(differences: list[float]) -> None:
    assert signed_rank(differences).p == pytest.approx(enumerated(differences), abs=1e-15)
    assert signed_rank([-d for d in differences]).p == signed_rank(differences).p


@pytest.mark.parametrize("n", [5, 12, 25, 50])
def test_exact_is_scipys_without_ties(n: int) -> None:
    differences = np.random.default_rng(n).normal(0.2, size=n)
    found = signed_rank(differences)
    expected = stats.wilcoxon(differences, method="exact")
    assert found.p == pytest.approx(expected.pvalue, rel=1e-10)
    assert min(found.positive, found.negative) == expected.statistic


def test_normal_approximation_is_scipys_with_zeros_and_ties() -> None:
    differences = np.round(np.random.default_rng(1).normal(0.1, size=120), 1)
    assert (differences == 0).any()
    expected = stats.wilcoxon(differences, zero_method="pratt", method="approx", correction=False).pvalue
    assert signed_rank(differences).p == pytest.approx(expected, rel=1e-12)


def test_exact_and_approximate_meet() -> None:
    differences = np.random.default_rng(4).normal(0.25, size=50)
    exact = signed_rank(differences).p
    approximate = stats.wilcoxon(differences, method="approx").pvalue
    assert exact == pytest.approx(approximate, rel=0.1)


def test_smallest_p_value() -> None:
    for n in range(2, 14):
        assert signed_rank([float(i + 1) for i in range(n)]).p == 2.0 ** (1 - n)


def test_all_zero() -> None:
    found = signed_rank([0.0, 0.0, 0.0])
    assert (found.p, found.positive, found.negative, found.rank_biserial) == (1.0, 0.0, 0.0, 0.0)


def test_rank_biserial_by_hand() -> None:
    # ranks 1, 2, 3, 4; T+ = 1 + 3 + 4 = 8, T- = 2
    assert signed_rank([0.1, -0.2, 0.3, 0.4]).rank_biserial == pytest.approx(0.6, abs=1e-15)


def test_p_values_are_uniform_enough_under_the_null() -> None:
    generator = np.random.default_rng(0)
    rejected = np.mean([signed_rank(generator.normal(size=12)).p <= 0.05 for _ in range(2000)])
    assert rejected == pytest.approx(0.05, abs=0.015)


def test_nan_is_refused() -> None:
    with pytest.raises(ValueError, match="value nan at position 1"):
        signed_rank([0.0, math.nan])
