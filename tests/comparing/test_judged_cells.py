"""The verdict of a cell: samples first, then the paired test of all of them."""

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from scipy import stats

from whybench.comparing import Comparison, Tolerances
from whybench.comparing.tolerance import TOLERANCES, Tolerance
from whybench.errors import BadInput, BadParameter, NothingSelected
from whybench.records import Record

Make = Callable[..., Record]
Compare = Callable[..., Comparison]
CLEAN = np.random.default_rng(0).normal(0.5, 0.1, 250)


def shifted(by: float, at: int | slice = slice(None)) -> np.ndarray:
    moved = CLEAN.copy()
    moved[at] += by
    return moved


def test_a_against_a_is_wholly_unchanged(record: Make, compare: Compare) -> None:
    both = [record(method, metric, CLEAN) for method, metric in product("abc", ("srg", "ssr"))]
    found = compare(both, both)
    assert found.counts == {"unchanged": 6}
    assert [(c.direction, c.p, c.difference, c.samples) for c in found.cells] == [("none", None, 0.0, 250)] * 6
    assert (found.regressed, found.moves, found.notes) == (False, [], ())


def test_one_broken_sample_of_250_is_found_where_the_test_of_means_is_silent(record: Make, compare: Compare) -> None:
    broken = shifted(-1e-3, 17)
    found = compare([record(scores=CLEAN)], [record(scores=broken)])
    (cell,) = found.cells
    assert (cell.verdict, cell.direction, len(cell.moved)) == ("changed", "worse", 1)
    (sample,) = cell.moved
    assert (sample.sample_id, sample.before, sample.after) == ("s017", CLEAN[17], broken[17])
    assert found.regressed
    # what tests of means say of the very same numbers
    assert stats.ttest_rel(CLEAN, broken).pvalue == pytest.approx(0.31829, abs=1e-5)
    assert stats.wilcoxon(CLEAN, broken, zero_method="pratt").pvalue == pytest.approx(0.317311, abs=1e-6)
    assert stats.ttest_ind(CLEAN, broken).pvalue == pytest.approx(0.9996, abs=1e-4)
    assert cell.p == 1.0  # of one difference, exactly


def test_a_drift_within_the_tolerance_is_found_by_the_paired_test(record: Make, compare: Compare) -> None:
    drifted = CLEAN * (1 - 5e-5)
    found = compare([record(scores=CLEAN)], [record(scores=drifted)])
    (cell,) = found.cells
    assert (cell.verdict, cell.direction, cell.moved) == ("drifted", "worse", ())
    assert cell.difference == pytest.approx(-5e-5 * CLEAN.mean(), rel=1e-9)
    assert cell.p == pytest.approx(stats.wilcoxon(CLEAN, drifted, method="approx", correction=False).pvalue, rel=1e-6)
    assert found.regressed


@pytest.mark.parametrize(("higher", "direction", "regressed"), [(True, "better", False), (False, "worse", True)])
def test_a_drift_has_the_direction_of_its_metric(
    record: Make, compare: Compare, higher: bool, direction: str, regressed: bool
) -> None:
    found = compare(
        [record(scores=CLEAN, higher_is_better=higher)], [record(scores=CLEAN * (1 + 5e-5), higher_is_better=higher)]
    )
    (cell,) = found.cells
    assert (cell.verdict, cell.direction, found.regressed) == ("drifted", direction, regressed)


def test_scatter_within_the_tolerance_is_unchanged(record: Make, compare: Compare) -> None:
    signs = np.where(np.arange(250) % 2, 1, -1)
    scattered = CLEAN * (1 + 5e-5 * signs)
    (cell,) = compare([record(scores=CLEAN)], [record(scores=scattered)]).cells
    assert (cell.verdict, cell.moved) == ("unchanged", ())
    assert cell.p == pytest.approx(stats.wilcoxon(CLEAN, scattered, method="approx", correction=False).pvalue, rel=1e-6)
    assert cell.p > 0.4


def test_rounding_of_float32_is_no_drift(record: Make, compare: Compare) -> None:
    """All samples a last bit lower: a machine that rounds the other way."""
    (cell,) = compare([record(scores=CLEAN)], [record(scores=CLEAN * (1 - 6e-8))]).cells
    assert (cell.verdict, cell.p) == ("unchanged", None)


def test_p_values_are_adjusted_over_the_cells_in_which_anything_moved(record: Make, compare: Compare) -> None:
    """6 of 6 samples down is p = 1/32 for one cell, and nothing for two; cells that did not move cost nothing."""
    six = [0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
    down = [v * (1 - (i + 1) * 1e-5) for i, v in enumerate(six)]
    still = [record(name, scores=six) for name in "xyz"]
    (first, *others) = compare([record("a", scores=six), *still], [record("a", scores=down), *still]).cells
    assert (first.verdict, first.p) == ("drifted", 1 / 32)
    assert {(c.verdict, c.p) for c in others} == {("unchanged", None)}
    two = [record(name, scores=six) for name in "ab"]
    both = compare(two, [record(name, scores=down) for name in "ab"]).cells
    assert [(c.verdict, c.p) for c in both] == [("unchanged", 1 / 16)] * 2


@pytest.mark.parametrize(
    ("dtype", "by", "verdict"),
    [
        ("float64", 1e-11, "unchanged"),
        ("float64", 1e-9, "changed"),
        ("float32", 1e-5, "unchanged"),
        ("float32", 1e-3, "changed"),
        ("float16", 1e-3, "unchanged"),
        ("bfloat16", 1e-1, "changed"),
        (None, 1e-5, "unchanged"),
        ("complex256", 1e-3, "changed"),
    ],
)
def test_the_tolerance_is_that_of_the_dtype(
    record: Make, compare: Compare, dtype: str | None, by: float, verdict: str
) -> None:
    (cell,) = compare([record(scores=[1.0, 2.0])], [record(scores=[1.0 + by, 2.0])], dtype=dtype).cells
    assert cell.verdict == verdict


def test_tolerances_as_options(record: Make, compare: Compare) -> None:
    before, after = [record(scores=[1.0, 100.0])], [record(scores=[1.05, 101.0])]

    def moved(relative: float | None, absolute: float | None) -> list[str]:
        (cell,) = compare(before, after, tolerances=Tolerances(relative, absolute)).cells
        return [m.sample_id for m in cell.moved]

    assert moved(0.0, 0.05 + 1e-12) == ["s001"]
    assert moved(0.01, 0.0) == ["s000"]
    assert moved(0.01, 0.05) == []
    assert moved(None, 0.05 + 1e-12) == ["s001"]
    assert Tolerances(None, 0.5).of(["float64", "float32"]) == Tolerance(TOLERANCES["float32"].relative, 0.5)


@pytest.mark.parametrize("bad", [-1.0, float("nan"), float("inf")])
def test_tolerances_that_cannot_be(bad: float) -> None:
    with pytest.raises(BadParameter, match="--rtol"):
        Tolerances(bad, None)
    with pytest.raises(BadParameter, match="--atol"):
        Tolerances(None, bad)


@pytest.mark.parametrize("bad", [0.0, 1.0, -0.1, float("nan")])
def test_a_level_that_cannot_be(record: Make, compare: Compare, bad: float) -> None:
    with pytest.raises(BadParameter, match=f"--alpha={bad}"):
        compare([record()], [record()], alpha=bad)


@pytest.mark.parametrize(
    ("before", "after", "verdict", "direction"),
    [
        (1.0, None, "changed", "worse"),
        (None, 1.0, "changed", "better"),
        (None, None, "unchanged", "none"),
        (1.0, ("censored", 1.0), "changed", "worse"),
        (("censored", 1.0), 1.0, "changed", "better"),
        (("censored", 1.0), ("censored", 1.0), "unchanged", "none"),
        (("censored", 1.0), ("censored", 0.5), "changed", "worse"),
    ],
)
def test_what_becomes_of_a_samples_status(
    record: Make, compare: Compare, before: object, after: object, verdict: str, direction: str
) -> None:
    (cell,) = compare([record(scores=[before, 2.0, 3.0])], [record(scores=[after, 2.0, 3.0])]).cells
    assert (cell.verdict, cell.direction) == (verdict, direction)


def test_better_and_worse_samples_are_mixed(record: Make, compare: Compare) -> None:
    (cell,) = compare([record(scores=[1.0, 2.0, 3.0])], [record(scores=[1.1, 1.5, 3.0])]).cells
    assert (cell.verdict, cell.direction) == ("changed", "mixed")
    assert [m.sample_id for m in cell.moved] == ["s001", "s000"]  # the furthest first


def test_samples_that_one_side_lacks(record: Make, compare: Compare) -> None:
    full, few = record(scores=[1.0, 2.0, 3.0]), record(scores=[1.0, 2.0])
    (cell,) = compare([full], [few]).cells
    assert (cell.verdict, cell.direction, cell.samples) == ("changed", "worse", 2)
    assert [(m.sample_id, m.before, m.after, m.after_status) for m in cell.moved] == [("s002", 3.0, None, "missing")]
    (cell,) = compare([few], [full]).cells
    assert (cell.verdict, cell.direction) == ("changed", "better")
    for before, after in (([full], [few]), ([few], [full])):
        (cell,) = compare(before, after, common=True).cells
        assert (cell.verdict, cell.samples) == ("unchanged", 2)


@pytest.mark.parametrize(
    ("before", "after", "verdict", "regressed"),
    [
        ("ok", "unsupported", "became unsupported", True),
        ("ok", "failed", "became failed", True),
        ("failed", "unsupported", "became unsupported", True),
        ("unsupported", "failed", "became failed", True),
        ("failed", "ok", "became ok", False),
        ("unsupported", "ok", "became ok", False),
        ("unsupported", "unsupported", "unchanged", False),
        ("failed", "failed", "unchanged", False),
    ],
)
def test_cells_without_scores(
    record: Make, compare: Compare, before: str, after: str, verdict: str, regressed: bool
) -> None:
    def one(status: str) -> Record:
        return record(status=status, scores=[1.0] if status == "ok" else [], reason=f"{status}: why")

    found = compare([one(before)], [one(after)])
    (cell,) = found.cells
    assert (cell.verdict, found.regressed) == (verdict, regressed)
    assert verdict == "became ok" or cell.reason == f"{after}: why"


def test_lost_and_new_cells(record: Make, compare: Compare) -> None:
    common = record("a", scores=[1.0])
    found = compare([common, record("b", scores=[1.0])], [record("c", scores=[1.0]), common])
    assert [(c.address.method.name, c.verdict) for c in found.cells] == [
        ("a", "unchanged"),
        ("b", "lost"),
        ("c", "new"),
    ]
    assert [c.address.method.name for c in found.regressions] == ["b"]


def test_a_metric_that_turned_round_is_changed(record: Make, compare: Compare) -> None:
    found = compare([record(scores=CLEAN)], [record(scores=CLEAN, higher_is_better=False)])
    (cell,) = found.cells
    assert (cell.verdict, cell.reason, found.regressed) == ("changed", "higher_is_better: True -> False", True)


def test_what_no_side_knows_the_direction_of_counts_as_worse(record: Make, compare: Compare) -> None:
    found = compare(
        [record(scores=CLEAN, higher_is_better=None)], [record(scores=CLEAN * (1 + 5e-5), higher_is_better=None)]
    )
    (cell,) = found.cells
    assert (cell.verdict, cell.direction, found.regressed) == ("drifted", "unknown", True)


def test_cells_are_matched_by_what_they_are_and_not_by_key(record: Make, compare: Compare) -> None:
    a = record(scores=[1.0], key="old", method_parameters={"n": 1, "m": 2}, metric_parameters={"b": 1, "a": [1]})
    b = record(scores=[1.0], key="new", method_parameters={"m": 2, "n": 1}, metric_parameters={"a": [1], "b": 1})
    assert compare([a], [b]).counts == {"unchanged": 1}


def test_a_parameter_that_a_later_version_adds_keeps_the_cell(record: Make, compare: Compare) -> None:
    a = record("smooth_grad", scores=[1.0], method_parameters={"samples": 8})
    b = record("smooth_grad", scores=[1.0], method_parameters={"samples": 8, "noise": 0.1})
    found = compare([a], [b])
    assert found.counts == {"unchanged": 1}
    assert found.notes == ("B adds smooth_grad's parameter noise=0.1",)
    assert compare([b], [a]).notes == ("B lacks smooth_grad's parameter noise=0.1",)


def test_an_added_parameter_that_leaves_a_choice_matches_nothing(record: Make, compare: Compare) -> None:
    a = record("smooth_grad", scores=[1.0], method_parameters={"samples": 8})
    b = [record("smooth_grad", scores=[1.0], method_parameters={"samples": 8, "noise": noise}) for noise in (0.1, 0.2)]
    other = record(scores=[1.0])
    assert compare([a, other], [*b, other]).counts == {"unchanged": 1, "lost": 1, "new": 2}
    changed = record("smooth_grad", scores=[1.0], method_parameters={"samples": 9})
    assert compare([a, other], [changed, other]).counts == {"unchanged": 1, "lost": 1, "new": 1}


def test_no_cell_in_common(record: Make, compare: Compare) -> None:
    with pytest.raises(NothingSelected, match="no cell in common: seeds 0 in A, 1 in B; run both alike"):
        compare([record(scores=[1.0])], [record(scores=[1.0], seed=1)])
    with pytest.raises(NothingSelected, match="datasets digits in A, faces in B; models cnn in A, mlp in B"):
        compare([record()], [record(dataset="faces", model="mlp")])
    with pytest.raises(NothingSelected, match="the parameters differ"):
        compare([record(method_parameters={"n": 1})], [record(method_parameters={"n": 2})])
    with pytest.raises(NothingSelected, match="B holds no cells"):
        compare([record()], [])


def test_a_cell_that_a_side_holds_twice(record: Make, compare: Compare) -> None:
    with pytest.raises(BadInput, match="A holds gradient x srg on digits, cnn, seed 0 twice; name one suite"):
        compare([record(), record()], [record()])


def test_protocols_that_differ_are_said(record: Make, compare: Compare) -> None:
    found = compare([record(scores=[1.0])], [record(scores=[1.0], protocol=2)])
    assert found.notes == ("protocols 1 -> 2: scores differ by definition where the changelog says so",)


def test_false_alarms_are_as_rare_as_is_said(record: Make, compare: Compare) -> None:
    """200 comparisons of 12 cells whose scores scatter within the tolerance, whichever way: no cell has drifted."""
    generator = np.random.default_rng(7)
    alarms = 0
    for _ in range(200):
        scores = generator.normal(0.5, 0.1, (12, 24))
        noise = 1 + 3e-5 * generator.standard_t(5, (12, 24)).clip(-3, 3)
        before = [record(f"m{i:02d}", scores=row) for i, row in enumerate(scores)]
        after = [record(f"m{i:02d}", scores=row) for i, row in enumerate(scores * noise)]
        found = compare(before, after)
        assert set(found.counts) <= {"unchanged", "drifted"}
        alarms += "drifted" in found.counts
    assert alarms == 6  # at most 5 % are claimed, 10 of 200, for all cells of a comparison together; one by one: 46 %
