import math

import numpy as np
import pytest

from whybench.statistics import compare, estimate, holm, pairwise, signed_rank


def test_holm_by_hand() -> None:
    # sorted .005 .01 .03 .04 times 4 3 2 1 = .02 .03 .06 .04, made monotone: .02 .03 .06 .06
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02], abs=1e-15)
    assert holm([0.6, 0.5]).tolist() == [1.0, 1.0]
    assert holm([0.2]).tolist() == [0.2]


@pytest.mark.parametrize("bad", [[0.1, math.nan], [0.1, 1.5], [-0.1]])
def test_holm_refuses_what_is_no_p_value(bad: list[float]) -> None:
    with pytest.raises(ValueError, match="value"):
        holm(bad)


def test_compare_by_hand() -> None:
    found = compare([3.0, 5.0, 2.0, 8.0], [1.0, 2.0, 3.0, 4.0])
    differences = [2.0, 3.0, -1.0, 4.0]
    assert found.difference == estimate(differences)
    assert found.median == 2.5
    assert found.rank_biserial == 0.8
    assert found.p == signed_rank(differences).p == 0.25


def test_compare_refuses_other_samples_and_nan() -> None:
    with pytest.raises(ValueError, match="2 values against 3"):
        compare([1.0, 2.0], [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="value nan at position 0"):
        compare([1.0, 2.0], [math.nan, 2.0])


def test_differences_of_rounding_count_as_zero() -> None:
    a = np.linspace(0.1, 1.0, 20)
    found = compare(a * (1 + 3e-8), a)
    assert (found.p, found.difference.mean, found.rank_biserial) == (1.0, 0.0, 0.0)
    assert compare(a * (1 + 1e-4), a).p < 1e-4


def test_pairwise_separates_after_holm_only() -> None:
    steps = np.arange(1.0, 8.0)
    table = np.stack([steps * 0 + 0.0, -steps, -3 * steps])
    # 7 samples: each raw p is 2^-6 = .0156, Holm with 3 pairs gives .0469 for all
    found = pairwise(table, table.mean(axis=1))
    assert found.p == pytest.approx(
        np.array([[1, 3 / 64, 3 / 64], [3 / 64, 1, 3 / 64], [3 / 64, 3 / 64, 1]]), abs=1e-15
    )
    assert found.separated.tolist() == [[False, True, True], [True, False, True], [True, True, False]]
    # with a fourth contender 6 pairs: .094, nobody is separated
    found = pairwise(np.vstack([table, -9 * steps]), [*table.mean(axis=1), -36.0])
    assert not found.any_separated


def test_a_mean_that_an_outlier_pulls_the_other_way_separates_nobody() -> None:
    ahead = np.array([1.0] * 19 + [-1000.0])
    table = np.stack([np.zeros(20), ahead])
    assert signed_rank(ahead).p < 0.05
    assert ahead.mean() < 0
    assert not pairwise(table, table.mean(axis=1)).any_separated


def test_pairwise_of_one_contender_and_of_one_sample() -> None:
    assert not pairwise(np.ones((1, 5)), [1.0]).any_separated
    assert not pairwise(np.array([[1.0], [2.0]]), [1.0, 2.0]).any_separated
    with pytest.raises(ValueError, match="value nan at position 1, 0"):
        pairwise(np.array([[1.0], [math.nan]]), [1.0, 2.0])
