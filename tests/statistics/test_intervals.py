import math

import numpy as np
import pytest
from scipy import stats

from whybench.statistics import bca_interval, estimate, mean, skewed_t_interval, t_interval
from whybench.statistics.resampling import RESAMPLES, SEED, counts


def test_t_interval_by_hand() -> None:
    # mean 2.5, s = sqrt(5/3), t_3(.975) = 3.182446305284263
    half = 3.182446305284263 * math.sqrt(5 / 3) / 2
    assert t_interval([1.0, 2.0, 3.0, 4.0]) == pytest.approx((2.5 - half, 2.5 + half), abs=1e-12)


def test_t_interval_is_scipys() -> None:
    values = np.random.default_rng(3).normal(size=11)
    expected = stats.t.interval(0.95, 10, values.mean(), stats.sem(values))
    assert t_interval(values) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("n", [50, 64, 101])
@pytest.mark.parametrize("skewed", [False, True])
def test_bca_is_scipys_on_the_same_resamples(n: int, skewed: bool) -> None:
    generator = np.random.default_rng(n)
    values = generator.exponential(size=n) if skewed else generator.normal(size=n)
    expected = stats.bootstrap(
        (values,), np.mean, n_resamples=RESAMPLES, method="BCa", rng=np.random.default_rng(SEED)
    ).confidence_interval
    assert bca_interval(values) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_resamples_have_the_size_of_the_sample() -> None:
    drawn = counts(7)
    assert drawn.shape == (RESAMPLES, 7)
    assert (drawn.sum(axis=1) == 7).all()


def test_choice_of_interval() -> None:
    values = np.random.default_rng(0).exponential(size=50)
    assert estimate(values[:49]).how == "t"
    assert estimate(values).how == "bca"
    bca, t = bca_interval(values), t_interval(values)
    assert bca is not None
    assert t[0] < bca[0] < t[1] < bca[1]  # skewed to the right
    assert (estimate(values).low, estimate(values).high) == (t[0], bca[1])
    assert (estimate(values[:49]).low, estimate(values[:49]).high) == skewed_t_interval(values[:49])


def test_skewed_t_interval_by_hand() -> None:
    # 0, 0, 0, 4: mean 1, s = 2, adjusted skewness 4 (-1 -1 -1 + 27) / (3 2 8) = 2, t_3(.975) = 3.182446305284263
    t, z = 3.182446305284263, 1.959963984540054
    shift = 2 * (1 + 6 / 4) * (1 + 2 * z**2) / (6 * 4) * 2
    assert skewed_t_interval([0.0, 0.0, 0.0, 4.0]) == pytest.approx((1 - t, 1 + t + shift), abs=1e-10)
    assert skewed_t_interval([0.0, 0.0, 0.0, -4.0]) == pytest.approx((-1 - t - shift, -1 + t), abs=1e-10)


def test_of_symmetric_and_of_two_values_it_is_the_t_interval() -> None:
    for values in ([1.0, 2.0, 3.0, 4.0], [0.0, 5.0], [3.0, 3.0, 3.0]):
        assert skewed_t_interval(values) == pytest.approx(t_interval(values), abs=1e-15)


def test_adjusted_skewness_is_scipys() -> None:
    values = np.random.default_rng(2).exponential(size=9)
    z = stats.norm.ppf(0.975)
    shift = stats.skew(values, bias=False) * (1 + 6 / 9) * (1 + 2 * z**2) / (6 * 9) * values.std(ddof=1)
    assert skewed_t_interval(values)[1] - t_interval(values)[1] == pytest.approx(shift, abs=1e-12)


def test_one_value_has_no_interval() -> None:
    found = estimate([0.3])
    assert (found.mean, found.low, found.high, found.n, found.how, found.half_width) == (
        0.3,
        None,
        None,
        1,
        "none",
        None,
    )
    with pytest.raises(ValueError, match="from 1 value"):
        t_interval([0.3])


@pytest.mark.parametrize("n", [2, 9, 80])
def test_equal_values_have_an_interval_of_width_zero(n: int) -> None:
    found = estimate([0.1] * n)
    assert (found.mean, found.low, found.high, found.how) == (0.1, 0.1, 0.1, "t")
    assert bca_interval([0.1] * n) is None


def test_bca_of_many_equal_values_and_one_other_is_finite() -> None:
    low, high = bca_interval([0.0] * 59 + [1.0]) or (math.nan, math.nan)
    assert 0 <= low < 1 / 60 < high < 0.2


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_refused(bad: float) -> None:
    for statistic in (mean, estimate, t_interval, bca_interval):
        with pytest.raises(ValueError, match=f"value {bad} at position 2"):
            statistic([0.0, 1.0, bad])


def test_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one value"):
        mean([])


def test_mean_does_not_depend_on_order() -> None:
    values = np.random.default_rng(1).normal(size=1001) * 10.0 ** np.arange(1001).repeat(1)[::-1].clip(max=12)
    assert mean(values) == mean(values[::-1]) == mean(np.sort(values))


@pytest.mark.parametrize("n", [8, 20])
def test_t_intervals_cover_95_percent(n: int) -> None:
    samples = np.random.default_rng(n).normal(size=(4000, n))
    covered = [found.low <= 0 <= found.high for found in map(estimate, samples) if found.low is not None]
    assert len(covered) == 4000
    assert 0.93 <= np.mean(covered) <= 0.97


def test_intervals_do_not_depend_on_global_generators() -> None:
    values = np.random.default_rng(5).exponential(size=60)
    np.random.seed(1)  # noqa: NPY002
    before = np.random.get_state()[1].tolist()  # noqa: NPY002
    first = estimate(values)
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002
    assert first == estimate(values)
