"""Intervals cover, and tests err, as often as they say: a shorter run of benchmarks/calibration.py, seeded."""

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from whybench.statistics import estimate, skewed_t_interval, t_interval

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
COVERED = (
    "normal",
    "uniform",
    "Laplace, heavy tails",
    "Student, 3 degrees of freedom",
    "paired difference of skewed scores",
    "gamma(4), skewness 1",
    "log-normal(1/2), skewness 1.75",
    "beta(1/2, 2), skewness 1.25, in [0, 1]",
    "exponential, skewness 2",
)


@pytest.fixture(name="calibration", scope="module")
def _calibration() -> ModuleType:
    spec = importlib.util.spec_from_file_location("calibration", BENCHMARKS / "calibration.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("n", "times"), [(8, 4000), (20, 10000)])
@pytest.mark.parametrize("name", COVERED)
def test_intervals_of_few_values_cover(calibration: ModuleType, name: str, n: int, times: int) -> None:
    assert 0.93 <= calibration.coverage(name, n, times) <= 0.97


@pytest.mark.slow
@pytest.mark.parametrize("name", COVERED)
def test_intervals_of_many_values_cover(calibration: ModuleType, name: str) -> None:
    assert 0.93 <= calibration.coverage(name, 250, 2000) <= 0.97


def test_intervals_of_250_values_cover_in_a_short_run(calibration: ModuleType) -> None:
    assert 0.93 <= calibration.coverage("exponential, skewness 2", 250, 500) <= 0.97


def test_what_the_plain_intervals_miss(calibration: ModuleType) -> None:
    """Why neither t nor BCa alone: were one of them put back, coverage at n = 8 would fall out of the band."""
    assert calibration.coverage("exponential, skewness 2", 8, 4000, t_interval) < 0.91
    assert calibration.coverage("normal", 8, 1500, calibration.bca) < 0.90
    assert calibration.coverage("exponential, skewness 2", 8, 1500, calibration.bca) < 0.87


def test_what_no_interval_reaches(calibration: ModuleType) -> None:
    """Stated on the page: too little under very heavy skew, too much where most differences are next to nothing."""
    assert 0.88 <= calibration.coverage("log-normal(1), skewness 6.2", 8, 4000) <= 0.90
    assert 0.97 <= calibration.coverage("paired difference, uneven samples", 8, 4000) <= 0.98


def test_our_interval_is_never_inside_the_t_interval() -> None:
    for values in np.random.default_rng(0).exponential(size=(50, 11)):
        low, high = t_interval(values)
        found = skewed_t_interval(values)
        assert found[0] <= low < high <= found[1]
        assert (estimate(values).low, estimate(values).high) == found


@pytest.mark.parametrize(
    ("methods", "units", "skewed", "rate"), [(5, 20, False, 0.05), (10, 20, True, 0.05), (15, 13, False, 0.05)]
)
def test_family_wise_error(calibration: ModuleType, methods: int, units: int, skewed: bool, rate: float) -> None:
    """At most 5 % of columns in which nothing differs have a separated pair, up to three standard errors of 300."""
    assert calibration.false_discoveries(methods, units, 300, skewed) <= rate + 3 * np.sqrt(0.05 * 0.95 / 300)


def test_samples_of_one_model_prove_nothing_about_methods(calibration: ModuleType) -> None:
    found = calibration.generalisation(13, 200, 1000)
    assert found == {"samples of one model": 0.874, "samples of all models": 0.847, "models": 0.049}
    few = calibration.generalisation(13, 20, 1000)
    assert few["samples of one model"] < found["samples of one model"]  # more samples of one model make it worse


def test_without_an_interaction_both_units_keep_five_percent(calibration: ModuleType) -> None:
    found = calibration.generalisation(13, 200, 1000, interaction=0.0)
    assert all(0.03 <= rate <= 0.07 for rate in found.values()), found


def test_components_give_the_error_of_a_difference(calibration: ModuleType) -> None:
    for models, samples in ((1, 20), (1, 20000), (13, 20), (50, 20)):
        estimated, true = calibration.error_of_a_difference(models, samples)
        assert estimated == pytest.approx(true, rel=0.05)


def test_the_page_has_a_place_for_the_tables(calibration: ModuleType) -> None:
    text = calibration.PAGE.read_text(encoding="utf-8")
    table = text.partition(calibration.BEGIN)[2].partition(calibration.END)[0]
    assert all(f"| {name} | **9" in table for name in COVERED)
