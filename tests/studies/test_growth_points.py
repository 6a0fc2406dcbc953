"""benchmarks/growth.py: its points and what it says of them."""

import doctest

import growth
import pandas as pd
import pytest
from growth_points import SIZES, Point, Work, network, points, work
from torch import rand

from whybench.registries import fill

fill()


def test_every_axis_changes_one_thing() -> None:
    for axis, sizes in SIZES.items():
        assert len(sizes) >= 4
        assert list(sizes) == sorted(set(sizes))
        assert len({repr(work(axis, size)) for size in sizes}) == len(sizes)
    assert work("metrics", 2).metrics == ("pixel_flipping", "selectivity")
    assert {p.axis for p in points()} == set(SIZES)


def test_features_are_pixels() -> None:
    assert [p.place for p in points() if p.axis == "features"] == [side * side for side in SIZES["features"]]


def test_passes_are_those_of_the_definition() -> None:
    """A step more is a pass more for every sample, whatever else a run looks at once."""
    few, many = (
        Point("steps", k, Work(samples=2, side=8, metrics=(f"pixel_flipping(steps={k}, region=2)",)), net, inputs)
        for net, inputs in [(network(), rand(2, 3, 8, 8))]
        for k in (4, 8)
    )
    assert many.passes()[0] - few.passes()[0] == 2 * (8 - 4)


def test_a_line_of_the_finding() -> None:
    assert doctest.testmod(growth).failed == 0


def test_the_exponents_of_a_table() -> None:
    table = pd.DataFrame(
        {
            "axis": ["samples"] * 3,
            "size": [1, 2, 4],
            "cpu_seconds": [0.1, 0.2, 0.4],
            "forward": [10, 20, 40],
            "backward": [0, 0, 0],
            "peak_mib": [5.0, 5.0, 5.0],
        }
    )
    found = growth.exponents(table)["samples"]
    assert [found[c].value for c in ("cpu_seconds", "passes", "peak_mib")] == pytest.approx([1.0, 1.0, 0.0], abs=1e-12)
    assert "| samples | 1 | 4 | 1.00" in growth.page(table)


def test_one_point_is_measured() -> None:
    point = Point("samples", 2, Work(samples=2, side=8), network(), rand(2, 3, 8, 8))
    assert point.seconds() > 0
    assert point.peak() >= 0
