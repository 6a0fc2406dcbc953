"""Variance components: published values, the definition, unbiasedness, and what they say of a difference."""

import math
from itertools import product

import numpy as np
import pytest

from whybench.statistics import difference_error, variance_components

DYESTUFF = np.array(
    [
        [1545, 1440, 1440, 1520, 1580],
        [1540, 1555, 1490, 1560, 1495],
        [1595, 1550, 1605, 1510, 1560],
        [1445, 1440, 1595, 1465, 1545],
        [1595, 1630, 1515, 1635, 1625],
        [1520, 1455, 1450, 1480, 1445],
    ],
    dtype=np.float64,
)
"""Yields of 6 batches of a dyestuff, 5 preparations each: Davies and Goldsmith, Statistical Methods in Research and
Production, 1972, table 6.2; in lme4 as `Dyestuff`."""


def as_dict(found):
    return {c.factors: c.variance for c in found}


def test_published_values_of_dyestuff() -> None:
    # lme4's vignette gives 1764.05 and 2451.25 by REML, which on balanced data is the analysis of variance
    batch, rest = variance_components(DYESTUFF, ["batch", "preparation"], {"preparation": ["batch"]})
    assert (batch.variance, rest.variance) == pytest.approx((1764.05, 2451.25), abs=0.005)
    assert (batch.freedom, rest.freedom) == (5, 24)
    assert (batch.mean_square, rest.mean_square) == pytest.approx((11271.5, 2451.25), abs=0.005)
    assert batch.share == pytest.approx(1764.05 / (1764.05 + 2451.25), abs=1e-9)


def test_restricted_likelihood_of_statsmodels_agrees() -> None:
    api = pytest.importorskip("statsmodels.regression.mixed_linear_model")
    groups = np.repeat(np.arange(6), 5)
    model = api.MixedLM(DYESTUFF.ravel(), np.ones((30, 1)), groups).fit(reml=True)
    found = as_dict(variance_components(DYESTUFF, ["batch", "preparation"], {"preparation": ["batch"]}))
    assert found["batch",] == pytest.approx(float(model.cov_re[0, 0]), rel=1e-3)
    assert found["batch", "preparation"] == pytest.approx(float(model.scale), rel=1e-4)


def test_two_crossed_factors_by_hand() -> None:
    # rows 1 2 / 3 8: means 1.5, 5.5 and 2, 5; grand 3.5. SS rows 16, columns 9, rest 4; all with one degree of freedom
    found = as_dict(variance_components(np.array([[1.0, 2.0], [3.0, 8.0]]), ["a", "b"]))
    assert found == pytest.approx({("a",): (16 - 4) / 2, ("b",): (9 - 4) / 2, ("a", "b"): 4.0}, abs=1e-12)


def test_sums_of_squares_from_the_definition_with_nesting() -> None:
    """Methods x (samples in models) x seeds, all sums written out."""
    y = np.random.default_rng(0).normal(size=(3, 4, 5, 2))
    found = {c.factors: c for c in variance_components(y, ["method", "model", "sample", "seed"], {"sample": ["model"]})}
    mean = y.mean()
    method_model = sum(
        10 * (y[i, j].mean() - y[i].mean() - y[:, j].mean() + mean) ** 2 for i, j in product(range(3), range(4))
    )
    sample = sum(6 * (y[:, j, k].mean() - y[:, j].mean()) ** 2 for j, k in product(range(4), range(5)))
    both = sum(
        2 * (y[i, j, k].mean() - y[i, j].mean() - y[:, j, k].mean() + y[:, j].mean()) ** 2
        for i, j, k in product(range(3), range(4), range(5))
    )
    assert found["method", "model"].mean_square * 6 == pytest.approx(method_model, abs=1e-10)
    assert found["model", "sample"].mean_square * 16 == pytest.approx(sample, abs=1e-10)
    assert found["method", "model", "sample"].mean_square * 32 == pytest.approx(both, abs=1e-10)
    assert ("sample",) not in found
    assert ("method", "sample") not in found
    assert sum(c.freedom for c in found.values()) == y.size - 1
    total = sum(c.mean_square * c.freedom for c in found.values())
    assert total == pytest.approx(((y - mean) ** 2).sum(), abs=1e-9)


def test_estimates_are_unbiased() -> None:
    """Scores drawn with known components: the mean of the estimates over 300 tables is the truth."""
    truth = {("method",): 1.0, ("model",): 4.0, ("method", "model"): 0.5, ("model", "sample"): 2.0}
    rest, generator, factors = 0.25, np.random.default_rng(7), ["method", "model", "sample"]
    sizes = dict(zip(factors, (4, 6, 5), strict=True))
    drawn = []
    for _ in range(300):
        table = generator.normal(0, math.sqrt(rest), tuple(sizes.values()))
        for term, variance in truth.items():
            shape = [sizes[f] if f in term else 1 for f in factors]
            table = table + generator.normal(0, math.sqrt(variance), shape)
        drawn.append(as_dict(variance_components(table, factors, {"sample": ["model"]})))
    truth["method", "model", "sample"] = rest
    for term, variance in truth.items():
        values = [d[term] for d in drawn]
        assert np.mean(values) == pytest.approx(variance, abs=3.5 * np.std(values) / math.sqrt(300)), term


def test_what_is_below_zero_is_said_and_has_no_share() -> None:
    table = np.array([[1.0, 3.0], [3.0, 1.0]])  # equal means of rows: between them there is less than chance gives
    row, rest = variance_components(table, ["row", "cell"], {"cell": ["row"]})
    assert (row.variance, row.share, rest.variance, rest.share) == (-1.0, 0.0, 2.0, 1.0)


def test_the_error_of_a_difference_is_that_of_the_paired_t_test() -> None:
    a, b = np.random.default_rng(3).normal(size=(2, 11))
    found = variance_components(np.stack([a, b]), ["method", "sample"])
    assert difference_error(found, "method", {"sample": 11}) == pytest.approx(
        (a - b).std(ddof=1) / math.sqrt(11), abs=1e-12
    )


def test_samples_do_not_bring_down_what_models_differ_in() -> None:
    generator = np.random.default_rng(0)
    table = generator.normal(size=(5, 8, 20)) + 2 * generator.normal(size=(5, 8, 1))
    found = variance_components(table, ["method", "model", "sample"], {"sample": ["model"]})
    few, many, models = (
        difference_error(found, "method", levels)
        for levels in ({"model": 1, "sample": 20}, {"model": 1, "sample": 10**6}, {"model": 16, "sample": 20})
    )
    assert many > 0.98 * few
    assert models == pytest.approx(few / 4, abs=1e-12)
    with pytest.raises(ValueError, match="no number of levels for 'sample'"):
        difference_error(found, "method", {"model": 2})


@pytest.mark.parametrize(
    ("shape", "factors", "within", "message"),
    [
        ((2, 1), ["a", "b"], None, "'b' has one level"),
        ((2, 2), ["a", "a"], None, "name of its own"),
        ((2, 2), ["a", "b"], {"b": ["c"]}, "unknown factor 'c'"),
        ((2, 2), ["a"], None, "expected 1 dimension"),
    ],
)
def test_refusals(shape, factors, within, message) -> None:
    with pytest.raises(ValueError, match=message):
        variance_components(np.arange(math.prod(shape), dtype=float).reshape(shape), factors, within)


def test_nan_is_refused() -> None:
    with pytest.raises(ValueError, match="value nan at position 1, 0"):
        variance_components(np.array([[1.0, 2.0], [math.nan, 1.0]]), ["a", "b"])
