"""benchmarks/power_law.py: the exponent of a growth curve and its interval."""

import doctest

import numpy as np
import power_law
import pytest
from power_law import exponent
from scipy import stats


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0, 2.0])
def test_a_power_law_has_its_exponent_and_an_interval_of_no_width(power: float) -> None:
    sizes = [1, 3, 10, 50]
    found = exponent(sizes, [7 * size**power for size in sizes])
    assert [found.value, found.low, found.high] == pytest.approx([power] * 3, abs=1e-12)


def test_slope_and_interval_are_those_of_scipy() -> None:
    generator = np.random.default_rng(0)
    sizes = [1.0, 2.0, 4.0, 8.0, 16.0]
    costs = [3 * size * float(np.exp(0.1 * generator.standard_normal())) for size in sizes]
    found, known = exponent(sizes, costs), stats.linregress(np.log(sizes), np.log(costs))
    reach = stats.t.ppf(0.975, 3) * known.stderr
    assert found.value == pytest.approx(known.slope, abs=1e-12)
    assert [found.low, found.high] == pytest.approx([known.slope - reach, known.slope + reach], abs=1e-12)


def test_the_unit_of_cost_and_size_is_free() -> None:
    sizes, costs = [1, 2, 5], [1.0, 2.5, 4.0]
    one, other = exponent(sizes, costs), exponent([100 * s for s in sizes], [1e-3 * c for c in costs])
    assert [one.value, one.low, one.high] == pytest.approx([other.value, other.low, other.high], abs=1e-12)


@pytest.mark.parametrize(
    ("sizes", "costs"), [([1, 2], [1.0, 2.0]), ([1, 2, 3], [1.0, 0.0, 2.0]), ([2, 2, 2], [1.0, 2.0, 3.0])]
)
def test_what_has_no_exponent_is_refused(sizes: list[int], costs: list[float]) -> None:
    with pytest.raises(ValueError, match="needed"):
        exponent(sizes, costs)


def test_examples() -> None:
    assert doctest.testmod(power_law).failed == 0
