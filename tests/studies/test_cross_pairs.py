"""benchmarks/crossing: every metric of the libraries has its place, every difference its tests."""

import ast
from pathlib import Path

import pytest
import torch
from crossing.judging import Match, Side
from crossing.page import spec
from crossing.pairs import ALONE, PAIRS, Pair
from crossing.verdicts import Verdict
from crossing.worlds import WORLDS

from whybench.metrics.attribution.captum_adapters import CaptumInfidelity, CaptumSensitivityMax
from whybench.metrics.attribution.quantus_adapters import METRICS
from whybench.registries import fill
from whybench.suite import metric

TESTS = Path(__file__).parents[1]
fill()


def test_every_metric_of_the_libraries_is_compared_or_has_no_counterpart() -> None:
    compared = {pair.theirs.name for pair in PAIRS}
    assert compared.isdisjoint(ALONE)
    assert compared | set(ALONE) == {*METRICS, CaptumInfidelity.name, CaptumSensitivityMax.name}
    assert {pair.world for pair in PAIRS} == set(WORLDS)


@pytest.mark.parametrize("name", sorted({test for pair in PAIRS for test in pair.tests}))
def test_what_shows_a_difference_exists(name: str) -> None:
    file, _, test = name.partition("::")
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    assert test in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_a_difference_has_tests_and_an_equality_has_none() -> None:
    assert all(bool(pair.why) == bool(pair.tests) for pair in PAIRS)


def test_specs_say_what_is_not_the_default() -> None:
    assert spec(METRICS["quantus/pixel_flipping"](features_in_step=2)) == "quantus/pixel_flipping(features_in_step=2)"
    assert all(metric(pair.ours) for pair in PAIRS)


def side(*values: float) -> Side:
    return Side(torch.tensor(values, dtype=torch.float64), {}, {}, "", 1, 0, 0.0)


def verdict(pair: Pair, *sides: tuple[Side, Side]) -> Verdict:
    return Verdict(
        pair,
        tuple(Match(pair, f"m{i}", ("a", "b"), *both, torch.ones(2, dtype=torch.bool)) for i, both in enumerate(sides)),
    )


def test_verdicts_by_hand() -> None:
    same = Pair("digits", "pixel_flipping", METRICS["quantus/pixel_flipping"](), "")
    low, high, middle = side(0.0, 1.0), side(1.0, 2.0), side(0.5, 1.5)
    equal = verdict(same, (low, low), (high, high), (middle, middle))
    assert (equal.equal, equal.expected, equal.apart, equal.order) == (True, True, 0.0, pytest.approx(1.0))
    turned = verdict(same, (low, high), (high, low), (middle, middle))
    assert (turned.expected, turned.apart, turned.agreeing, turned.order) == (False, 1.0, 1, pytest.approx(-1.0))
    assert turned.words == "UNEXPLAINED"
    drops = Pair("digits", "pixel_flipping", METRICS["quantus/region_perturbation"](), "", why="drops", tests=("x",))
    assert verdict(drops, (low, high), (high, low), (middle, middle)).order == pytest.approx(1.0)  # directions differ
    assert verdict(drops, (low, low)).words == "agrees, though a difference is expected"
