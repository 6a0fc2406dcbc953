"""Goldens of maps and scores: what counts as different, and what is refused."""

import json
from pathlib import Path

import pytest
import torch
from torch import Tensor

from whybench.errors import BadInput, BadParameter
from whybench.protocols import Scores
from whybench.testing.golden import Golden
from whybench.testing.regression import ExplanationRegression, ScoreRegression
from whybench.testing.tolerances import TOLERANCES, Tolerance

MAP = torch.tensor([[[1.0, -2.0], [0.0, 4.0]], [[0.0, 1e-3], [2e-3, 0.0]]], dtype=torch.float64)
"""Two samples of different size."""


@pytest.fixture
def written() -> list[Path]:
    return []


def maps(folder: Path, written: list[Path], reason: str | None = None) -> ExplanationRegression:
    return ExplanationRegression(folder / "test_file", "test_one", reason, written.append)


def scores(folder: Path, written: list[Path], reason: str | None = None) -> ScoreRegression:
    return ScoreRegression(folder / "test_file", "test_one", reason, written.append)


@pytest.mark.parametrize("dtype", TOLERANCES)
def test_the_tolerance_is_that_of_the_type_and_of_each_sample(dtype, tmp_path, written) -> None:
    known, allowed = MAP.to(dtype), TOLERANCES[dtype]
    maps(tmp_path, written, "first").check(known)
    largest = known.double().flatten(1).amax(1)
    for sample in range(2):
        limit = allowed.relative * float(largest[sample]) + allowed.absolute

        def off(by: float, sample: int = sample) -> Tensor:
            found = known.double().clone()
            found[sample, 1, 0] += by
            return found.to(dtype)

        maps(tmp_path, written).check(off(0.5 * limit))
        with pytest.raises(AssertionError, match=f"1 of 8 values differ, in the samples at positions \\[{sample}\\]"):
            maps(tmp_path, written).check(off(2 * limit))
    assert len(written) == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: m.mT, "4 of 8 values differ"),
        (torch.abs, r"1 of 8 values differ, .* most at \(0, 0, 1\): 2.0, golden -2.0"),
        (lambda m: m.flip(0), "samples at positions \\[0, 1\\]"),
        (lambda m: m[:1], r"shape \(1, 2, 2\) of torch.float64; golden: \(2, 2, 2\)"),
        (lambda m: m.float(), "of torch.float32; golden: .* of torch.float64"),
    ],
)
def test_known_bugs_of_maps_are_seen(change, message, tmp_path, written) -> None:
    maps(tmp_path, written, "first").check(MAP)
    with pytest.raises(AssertionError, match=message):
        maps(tmp_path, written).check(change(MAP))


def test_scores_are_compared_sample_by_sample_and_undefined_ones_too(tmp_path, written) -> None:
    known = Scores(torch.tensor([0.5, torch.nan, 2.0], dtype=torch.float64), undefined={1: "constant"})
    scores(tmp_path, written, "first").check(known)
    scores(tmp_path, written).check([0.5, None, 2.0 + 1e-9])
    for wrong, message in (
        ([0.5, None, 2.1], "1 of 3 scores differ:\n  2: 2.1, golden 2.0"),
        ([0.5, 1.0, 2.0], "1: 1.0, golden undefined"),
        ([None, None, 2.0], "0: undefined, golden 0.5"),
        ([0.5, None], r"scores of the samples \['0', '1'\]; golden: \['0', '1', '2'\]"),
        ({"2": 2.0, "1": None, "0": 0.5}, "scores of the samples"),
    ):
        with pytest.raises(AssertionError, match=message):
            scores(tmp_path, written).check(wrong)


def test_a_wider_tolerance_can_be_asked_for(tmp_path, written) -> None:
    scores(tmp_path, written, "first").check([1.0])
    scores(tmp_path, written).check([1.09], tolerance=Tolerance(0.1, 0.0))
    with pytest.raises(BadParameter, match=r"relative=-0.1; a number >= 0"):
        Tolerance(-0.1, 0.0)


def test_an_older_protocol_is_named(tmp_path, written) -> None:
    scores(tmp_path, written, "first").check([1.0])
    facts = json.loads(written[0].read_text())
    written[0].write_text(json.dumps({**facts, "protocol": 0}))
    with pytest.raises(AssertionError, match="made under protocol 0; this is protocol"):
        scores(tmp_path, written).check([2.0])


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda g: g.facts_file.write_text("{"), "is no golden"),
        (lambda g: g.facts_file.write_text(g.facts_file.read_text().replace("first", " ")), "it gives no reason"),
        (lambda g: g.tensors_file.unlink(), "cannot be read"),
        (lambda g: g.tensors_file.write_bytes(b"0" * 20), "cannot be read"),
        (lambda g: g.tensors_file.write_bytes(g.tensors_file.read_bytes()[:-1] + b"?"), "was changed"),
    ],
)
def test_a_spoilt_golden_is_refused(spoil, message, tmp_path, written) -> None:
    maps(tmp_path, written, "first").check(MAP)
    spoil(Golden(tmp_path / "test_file", "test_one", "relevance"))
    with pytest.raises(BadInput, match=message):
        maps(tmp_path, written).check(2 * MAP)


@pytest.mark.parametrize("value", [torch.tensor([[torch.nan]]), torch.ones(3), "map", torch.ones(2, 2).long()])
def test_what_is_no_map_is_refused(value, tmp_path, written) -> None:
    with pytest.raises(BadInput):
        maps(tmp_path, written, "first").check(value)
    assert written == []


def test_no_scores_and_a_tolerance_that_is_none_are_refused(tmp_path, written) -> None:
    with pytest.raises(BadInput, match=r"score_regression.check: \[\]; one number a sample is needed"):
        scores(tmp_path, written, "first").check([])
    for held in (scores(tmp_path, written, "first"), maps(tmp_path, written, "first")):
        with pytest.raises(BadParameter, match=r"tolerance=0.1; a whybench.testing.tolerances.Tolerance is needed"):
            held.check(MAP if isinstance(held, ExplanationRegression) else [0.5], tolerance=0.1)
    assert written == []


def test_parametrised_tests_keep_goldens_apart(tmp_path) -> None:
    places = {Golden(tmp_path, f"test_one[{case}]", "map").facts_file for case in ("a/b", "a b", "a_b", "..")}
    assert len(places) == 4
    assert {place.parent for place in places} == {tmp_path}


@pytest.mark.parametrize("score", [float("nan"), float("inf"), "0.5", [1.0], 1j])
def test_a_score_is_a_finite_number_or_undefined(score, tmp_path, written) -> None:
    for values in ([score], {"0": score}):
        with pytest.raises(BadInput, match=r"for sample '?0'?; a finite number is needed, or None where"):
            scores(tmp_path, written, "first").check(values)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("spoilt", ["NaN", "Infinity", '"x"', "[1]", "true"])
def test_a_golden_whose_scores_are_no_numbers_is_refused(spoilt, tmp_path, written) -> None:
    scores(tmp_path, written, "first").check([0.5, 0.25])
    (file,) = written
    file.write_text(file.read_text().replace("0.25", spoilt))
    with pytest.raises(BadInput, match=r"is no golden: .* for sample '1' is no finite number; take it from version"):
        scores(tmp_path, written).check([0.5, 0.25])
    file.write_text(json.dumps({"reason": "first", "scores": [0.5, 0.25]}))
    with pytest.raises(BadInput, match="is no golden of scores: it holds none"):
        scores(tmp_path, written).check([0.5, 0.25])


def test_a_map_without_values_is_refused(tmp_path, written) -> None:
    for shape in ((0, 2), (2, 0)):
        with pytest.raises(BadInput, match=r"a tensor \(n, ...\) with values is needed"):
            maps(tmp_path, written, "first").check(torch.zeros(shape))
