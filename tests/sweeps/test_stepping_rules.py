"""The stepping rules of others."""

import pytest

from whybench.errors import BadParameter
from whybench.sweeps import mirrored
from whybench.sweeps.grids import grid
from whybench.sweeps.steps import step_grid


@pytest.mark.parametrize("regions", [1, 2, 7, 64, 100])
def test_rules_by_counting(regions: int) -> None:
    for steps in (1, 4, 28):
        assert grid(regions, steps).tolist() == step_grid(regions, steps).tolist()
    for size in (1, 3, 200):
        expected = [k for k in range(regions) if k % size == 0] + [regions]
        assert grid(regions, f"every({size})").tolist() == expected
        assert grid(regions, f"every({size}, 2)").tolist() == expected[:3]
    assert grid(regions, "percent(10, 33, 100)").tolist() == [regions // 10, int(regions * 33 / 100), regions]


def test_tenths_skip_the_last_but_one() -> None:
    assert grid(100, "tenths(10)").tolist() == [0, 10, 20, 30, 40, 50, 60, 70, 80, 100]
    assert grid(103, "tenths(5)").tolist() == [0, 20, 40, 60, 103]


@pytest.mark.parametrize("rule", ["every(3)", "every(1, 4)", "tenths(10)", "percent(10, 90)"])
def test_a_mirrored_rule_counts_from_the_other_end(rule: str) -> None:
    points = grid(50, rule)
    assert grid(50, mirrored(rule)).tolist() == [50 - k for k in reversed(points.tolist())]
    assert mirrored(mirrored(rule)) == rule
    assert mirrored(28) == 28


@pytest.mark.parametrize(
    "steps", [0, -3, True, 2.5, "every()", "every(0)", "every(1, 2, 3)", "tenths(1)", "percent(101)", "all"]
)
def test_what_is_no_rule_is_refused(steps: object) -> None:
    with pytest.raises(BadParameter, match="expected a whole number of at least 1"):
        grid(10, steps)  # type: ignore[arg-type]
