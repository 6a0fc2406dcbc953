"""The worked example of Demsar 2006 with the paper's numbers: four variants of C4.5 on 14 data sets, tables 2 and 6."""

import numpy as np
import pytest
from scipy import stats

from whybench.statistics import compare, holm, mean, needed_units, pairwise, shared_ranks, signed_rank

NAMES = ("C4.5", "C4.5+m", "C4.5+cf", "C4.5+m+cf")
AUC = np.array(
    [
        [0.763, 0.768, 0.771, 0.798],
        [0.599, 0.591, 0.590, 0.569],
        [0.954, 0.971, 0.968, 0.967],
        [0.628, 0.661, 0.654, 0.657],
        [0.882, 0.888, 0.886, 0.898],
        [0.936, 0.931, 0.916, 0.931],
        [0.661, 0.668, 0.609, 0.685],
        [0.583, 0.583, 0.563, 0.625],
        [0.775, 0.838, 0.866, 0.875],
        [1.000, 1.000, 1.000, 1.000],
        [0.940, 0.962, 0.965, 0.962],
        [0.619, 0.666, 0.614, 0.669],
        [0.972, 0.981, 0.97501, 0.975],  # equal as printed, but ranked 2 and 3 in the paper
        [0.957, 0.978, 0.946, 0.970],
    ]
).T


def test_mean_ranks_of_table_6() -> None:
    ranks = np.stack([shared_ranks(column) for column in AUC.T], axis=1)
    assert [round(mean(row), 3) for row in ranks] == [3.143, 2.0, 2.893, 1.964]


def test_friedmans_statistic_follows_from_the_mean_ranks() -> None:
    # section 3.2.2: chi2_F = 12 14 / (4 5) (3.143^2 + 2.000^2 + 2.893^2 + 1.964^2 - 4 5^2 / 4) = 9.28, F_F = 3.69
    squares = sum(mean(row) ** 2 for row in np.stack([shared_ranks(c) for c in AUC.T], axis=1))
    chi2 = 12 * 14 / (4 * 5) * (squares - 25)
    assert chi2 == pytest.approx(9.28, abs=0.005)
    assert 13 * chi2 / (14 * 3 - chi2) == pytest.approx(3.69, abs=0.005)


def test_the_signed_rank_sums_of_table_2() -> None:
    # R+ = 93 and R- = 12 where the two zeros, ranked 1.5 each, are split evenly; here they are ranked and left out
    found = signed_rank(np.round(AUC[1] - AUC[0], 6))
    assert (found.positive, found.negative) == (93 - 1.5, 12 - 1.5)
    assert found.p < 0.05  # as in the paper: 12 is less than the critical value 21


def test_one_pair_survives_holm() -> None:
    """The p values are exact; beside them scipy's normal approximation, which treats ties and zeros alike."""
    differences = [AUC[i] - AUC[j] for i in range(4) for j in range(i + 1, 4)]
    p = [compare(d, np.zeros(14)).p for d in np.round(differences, 6)]
    near = [stats.wilcoxon(np.round(d, 6), zero_method="pratt", method="approx").pvalue for d in differences]
    assert p == pytest.approx(near, abs=0.025)
    assert np.round(p, 4).tolist() == [0.0078, 0.866, 0.0112, 0.053, 0.4502, 0.0334]
    assert np.round(holm(p), 4).tolist() == [0.0469, 0.9004, 0.0562, 0.1589, 0.9004, 0.1338]
    found = pairwise(AUC, [-3.143, -2.0, -2.893, -1.964])
    pairs = [(NAMES[i], NAMES[j]) for i in range(4) for j in range(i + 1, 4) if found.separated[i, j]]
    assert pairs == [("C4.5", "C4.5+m")]


def test_fourteen_data_sets_are_enough_for_four_contenders() -> None:
    assert needed_units(4) == 8
