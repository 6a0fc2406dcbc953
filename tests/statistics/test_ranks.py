import math

import numpy as np
import pytest
from scipy import stats

from whybench.statistics import kendall_tau_b, needed_units, rank_intervals, ranks


def test_ranks_share_the_better_place() -> None:
    assert ranks([0.5, 0.9, 0.5, 0.1]).tolist() == [2, 1, 2, 4]


def test_rank_intervals_of_clear_and_of_equal_contenders() -> None:
    noise = np.random.default_rng(0).normal(size=30)
    table = np.stack([noise + 1, noise, noise, noise - 1])
    assert rank_intervals(table) == [(1, 1), (2, 3), (2, 3), (4, 4)]


def test_rank_intervals_are_paired() -> None:
    """Samples that differ a lot hide nothing where the difference between contenders is steady."""
    samples = np.random.default_rng(0).normal(scale=100, size=30)
    table = np.stack([samples + 0.1, samples])
    assert rank_intervals(table) == [(1, 1), (2, 2)]


def test_rank_intervals_follow_a_slow_bootstrap() -> None:
    generator = np.random.default_rng(2)
    table = generator.normal(size=(5, 25)) + np.linspace(0.6, 0, 5)[:, None]
    drawn = np.random.default_rng(9).integers(0, 25, (4000, 25))
    resampled = np.stack([ranks(table[:, columns].mean(axis=1)) for columns in drawn])
    slow = [(int(np.quantile(r, 0.025)), int(np.quantile(r, 0.975))) for r in resampled.T]
    found = rank_intervals(table)
    assert found is not None
    assert np.abs(np.array(found) - np.array(slow)).max() <= 1
    assert all(low <= r <= high for r, (low, high) in zip(ranks(table.mean(axis=1)), found, strict=True))


def test_one_unit_gives_no_rank_interval() -> None:
    assert rank_intervals(np.array([[1.0], [2.0]])) is None
    with pytest.raises(ValueError, match="value inf"):
        rank_intervals(np.array([[1.0, math.inf]]))


@pytest.mark.parametrize(("contenders", "needed"), [(1, 1), (2, 6), (3, 7), (5, 9), (10, 11), (15, 13), (30, 15)])
def test_needed_units(contenders: int, needed: int) -> None:
    pairs = contenders * (contenders - 1) / 2
    assert needed_units(contenders) == needed
    assert 2.0 ** (1 - needed) * pairs <= 0.05
    assert needed == 1 or 2.0 ** (2 - needed) * pairs > 0.05


def test_kendall_by_hand_and_scipy() -> None:
    # one tie in a: 6 pairs, 4 concordant, 1 discordant, 1 tied; (4 - 1) / sqrt(5 * 6)
    a, b = [1.0, 2.0, 2.0, 3.0], [2.0, 1.0, 3.0, 4.0]
    assert kendall_tau_b(a, b) == pytest.approx(3 / math.sqrt(30), abs=1e-15)
    assert kendall_tau_b(a, b) == pytest.approx(stats.kendalltau(a, b).statistic, abs=1e-15)
    assert kendall_tau_b(a, [-v for v in a]) == -1.0


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ([1.0, 1.0], [1.0, 2.0], "all 2 values equal 1.0"),
        ([1.0, 2.0], [1.0, math.nan], "value nan"),
        ([1.0, 2.0], [1.0], "2 values against 1"),
    ],
)
def test_kendall_refuses(a: list[float], b: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        kendall_tau_b(a, b)
