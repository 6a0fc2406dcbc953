"""benchmarks/budget_study.py: grids read off full curves, the arithmetic of splits, and what is said of them."""

import pytest
import torch
from budget import Outcome, Split, outcomes, saving
from budget_curves import Curves, full_curves, shares
from budget_study import finding, frame, full_grid, table

from whybench.cases import open_case
from whybench.loading import load
from whybench.metrics.attribution import PixelFlipping
from whybench.protocols.asking import predict
from whybench.registries import fill
from whybench.suite import block, method

fill()
SPECS = ("input_x_gradient", "random")


@pytest.fixture(scope="module")
def curves() -> Curves:
    return full_curves("digits_cnn", "digits", SPECS, 2, 6)


@pytest.mark.parametrize("steps", [4, 8, 16, "stratified(3)", "stratified(8)"])
def test_a_part_of_the_full_curve_is_what_the_metric_gives(curves: Curves, steps: int | str) -> None:
    bench = load(block("digits_cnn", "digits", list(SPECS), ["pixel_flipping"], 6), "cpu")
    targets = predict(bench.model, bench.inputs).argmax(1)
    count = steps if isinstance(steps, int) else int(steps.removeprefix("stratified(").removesuffix(")"))
    drawn = shares(count, curves.ids, 0)
    for spec, areas in zip(SPECS, curves.even(count) if steps == count else curves.stratified(drawn), strict=True):
        case = open_case(method(spec), bench.model, bench.inputs, targets, ids=bench.ids)
        found = PixelFlipping(steps=steps, region=2).score(case).values
        assert found.tolist() == pytest.approx(areas.tolist(), abs=1e-6)


def test_points_of_a_split() -> None:
    assert Split("even", 8, 10).points(64) == 9
    assert Split("even", 100, 10).points(16) == 17
    assert Split("stratified", 8, 10).points(64) == 8


def test_passes_count_the_second_order_of_ties() -> None:
    none = torch.zeros(2, 3, dtype=torch.bool)
    some = none.clone()
    some[0, 0] = True
    values, sizes = torch.zeros(2, 3, 2, 5).double(), torch.ones(2, 3, 2, 4, dtype=torch.int64)
    assert Curves(("a", "b"), ("x", "y", "z"), values, sizes, none).passes(5) == 15
    assert Curves(("a", "b"), ("x", "y", "z"), values, sizes, some).passes(5) == 17.5


def test_the_full_grid_is_its_own_measure(curves: Curves) -> None:
    (full,) = outcomes(curves, 6, [("even", curves.regions)], 2)
    assert full.relative == pytest.approx(1.0, abs=1e-12)
    assert full.error == 0.0
    assert full.passes == curves.passes(17)


def test_more_samples_than_there_are_repeat(curves: Curves) -> None:
    few, many = (outcomes(curves, n, [("stratified", 4)], 3)[0] for n in (6, 24))
    assert many.passes == pytest.approx(4 * few.passes, rel=0.2)
    assert many.width < few.width


def made(rule: str, steps: int, passes: float, relative: float, error: float = 0.1, samples: int = 20) -> Outcome:
    return Outcome(Split(rule, steps, samples), passes, 0.1, relative, error)


def test_the_saving_is_of_the_cheapest_split_with_the_same_interval() -> None:
    full = made("even", 64, 1300, 1.0)
    some = [full, made("stratified", 2, 40, 1.3), made("stratified", 8, 160, 1.04), made("stratified", 16, 320, 1.01)]
    found = saving(some, full, "stratified")
    assert found is not None
    assert found[0] == 1300 / 160
    assert found[1].split.steps == 8


@pytest.mark.parametrize(
    "other",
    [
        made("stratified", 8, 160, 1.2),
        made("stratified", 8, 160, 1.0, error=0.9),
        made("stratified", 8, 160, 1.0, samples=10),
        made("even", 8, 160, 1.0),
        made("stratified", 99, 1600, 1.0),
    ],
)
def test_what_is_no_saving(other: Outcome) -> None:
    """Wider, biased, on fewer samples, of another rule, or dearer."""
    full = made("even", 64, 1300, 1.0)
    assert saving([full, other], full, "stratified") is None


def test_what_the_page_says() -> None:
    full, cheap = made("even", 64, 1300, 1.0), made("stratified", 8, 160, 1.04)
    found = {"digits": [cheap, full]}
    assert full_grid(found["digits"], 20) is full
    assert finding(found, {"digits": 20}).endswith("(at most 5 % wider) with 8.1 times fewer passes on digits")
    assert "| stratified | 8 | 160 | 8.1 | 0.1000 | 1.040 | 0.10 |" in table("digits", found["digits"], 20)
    assert list(frame(found).columns) == ["data", "rule", "steps", "samples", "passes", "width", "relative", "error"]
