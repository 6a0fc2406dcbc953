"""How many units would separate a pair: from the definition, at its limits, and by drawing."""

from itertools import permutations

import numpy as np
import pytest
from scipy import stats

from whybench.statistics import needed_units, units_to_separate
from whybench.statistics.power import _chances, _power
from whybench.statistics.wilcoxon import critical_sum, signed_ranks


def test_chances_from_their_definition() -> None:
    d = [1.0, -2.0, 3.0, 0.0, 0.5, -0.5]

    def ahead(*values: float) -> float:
        return (np.sign(sum(values)) + 1) / 2

    pairs = [ahead(a, b) for a, b in permutations(d, 2)]
    triples = [ahead(a, b) * ahead(a, c) for a, b, c in permutations(d, 3)]
    assert _chances(np.array(d)) == pytest.approx(
        (np.mean([ahead(a) for a in d]), np.mean(pairs), np.mean(triples)), abs=1e-15
    )


def test_moments_of_the_rank_sum_from_all_samples_of_a_small_population() -> None:
    """Drawn with replacement from a population of which no two sum to zero: mean and variance of T+ are exact."""
    population = np.array([-1.0, 2.0, 3.7])
    p1, p2, p3 = 2 / 3, *_with_replacement(population)
    n, draws = 6, 40000
    x = population[np.random.default_rng(0).integers(0, 3, (draws, n))] + 1e-9 * np.random.default_rng(1).random(
        (draws, n)
    )
    found = np.array([t.positive for t in signed_ranks(x)])
    assert found.mean() == pytest.approx(n * p1 + n * (n - 1) * p2 / 2, rel=0.005)
    variance = (
        n * p1 * (1 - p1)
        + n * (n - 1) * (2 * p1**2 - 4 * p1 * p2 + 3 * p2 - p2**2) / 2
        + n * (n - 1) * (n - 2) * (p3 - p2**2)
    )
    assert found.var() == pytest.approx(variance, rel=0.02)


def _with_replacement(population: np.ndarray) -> tuple[float, float]:
    p2 = np.mean([a + b > 0 for a in population for b in population])
    p3 = np.mean([(a + b > 0) and (a + c > 0) for a in population for b in population for c in population])
    return float(p2), float(p3)


@pytest.mark.parametrize(("n", "alpha"), [(6, 0.05), (8, 0.05), (12, 0.05), (20, 0.01), (30, 0.001)])
def test_critical_sums_are_those_of_scipys_exact_test(n: int, alpha: float) -> None:
    critical = int(critical_sum(n, alpha))
    total = n * (n + 1) // 2

    def p_of(sum_above: int) -> float:
        signs, left = np.ones(n), total - sum_above
        for rank in range(n, 0, -1):
            if rank <= left:
                signs[rank - 1], left = -1, left - rank
        return float(stats.wilcoxon(signs * np.arange(1, n + 1), method="exact").pvalue)

    assert p_of(critical) <= alpha < p_of(critical - 1)


def test_critical_sum_of_the_table_that_demsar_prints() -> None:
    # Demsar 2006, section 3.1.3: 14 data sets, alpha .05: the smaller sum must be 21 or less, of 105
    assert critical_sum(14, 0.05) == 105 - 21


@pytest.mark.parametrize(
    ("effect", "contenders", "needed", "reached"),
    [(0.3, 2, 94, 0.796), (0.6, 2, 26, 0.827), (0.6, 10, 56, 0.791), (1.5, 2, 7, 0.875), (1.5, 10, 15, 0.872)],
)
def test_so_many_units_find_the_pair_four_times_of_five(
    effect: float, contenders: int, needed: int, reached: float
) -> None:
    quantiles = stats.norm.ppf((np.arange(400) + 0.5) / 400) + effect
    found = units_to_separate(quantiles, contenders).units
    assert found == needed
    drawn = np.random.default_rng(0).normal(effect, 1, (1500, found))
    pairs = contenders * (contenders - 1) / 2
    assert np.mean([t.p * pairs <= 0.05 for t in signed_ranks(drawn)]) == pytest.approx(reached, abs=0.001)


def test_never_fewer_than_can_be_significant() -> None:
    for contenders in (2, 5, 15):
        assert units_to_separate([5.0, 6.0, 7.0], contenders).units == needed_units(contenders)


def test_level_or_behind_no_number_is_enough() -> None:
    assert units_to_separate([0.0, 0.0, 0.0]).units is None
    assert units_to_separate([1.0, -1.0, 2.0, -2.0]).units is None
    behind = units_to_separate([-1.0, -2.0, -3.0, -2.5])
    assert (behind.units, behind.high) == (None, None)


def test_the_interval_of_the_difference_gives_a_range() -> None:
    d = np.random.default_rng(1).normal(0.5, 1, 40)
    found = units_to_separate(d)
    assert (found.units, found.low, found.high) == (26, 14, 114)
    assert units_to_separate(d - d.mean() + 0.05).high is None


def test_more_is_more_and_one_less_is_too_few() -> None:
    d = np.random.default_rng(2).normal(0.4, 1, 60)
    chances = _chances(d)
    needed = units_to_separate(d, 4).units
    assert needed is not None
    level = 0.05 / 6
    assert _power(needed, chances, level) >= 0.8 > _power(needed - 1, chances, level)


def test_too_few_to_estimate_from_and_nan() -> None:
    with pytest.raises(ValueError, match="2 differences"):
        units_to_separate([1.0, 2.0])
    with pytest.raises(ValueError, match="value nan"):
        units_to_separate([1.0, float("nan"), 2.0])
