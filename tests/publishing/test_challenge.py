"""The nonce's choice, the probability of catching a forger, and the cells that are run again."""

from dataclasses import replace
from itertools import combinations
from math import sqrt
from pathlib import Path

import forging
import pytest
import torch
from pyarrow import parquet
from tiny_board import model, tiny_suite

from whybench.errors import BadParameter
from whybench.leaderboard.variants import Variant
from whybench.publishing import chance_of_catching, chosen, verify
from whybench.publishing.reading import read_records

KEYS = [f"{n:064x}" for n in range(12)]


def test_the_choice_is_the_nonces_alone() -> None:
    assert chosen(KEYS, "a", 4) == chosen(list(reversed(KEYS)), "a", 4) == chosen(KEYS, "a", 9)[:4]
    assert len({chosen(KEYS, str(nonce), 4) for nonce in range(20)}) == 20
    assert chosen(KEYS, "a", 0) == ()
    assert set(chosen(KEYS, "a", 99)) == set(KEYS)
    with pytest.raises(BadParameter, match="cells=-1"):
        chosen(KEYS, "a", -1)


def test_every_cell_is_as_likely_as_any_other() -> None:
    nonces, k = 3000, 3
    times = [sum(key in chosen(KEYS, str(nonce), k) for nonce in range(nonces)) for key in KEYS]
    share = k / len(KEYS)
    assert max(abs(t - nonces * share) for t in times) < 4 * sqrt(nonces * share * (1 - share))


@pytest.mark.parametrize(("n", "m", "k"), [(10, 2, 3), (10, 0, 3), (10, 10, 1), (7, 3, 5), (8, 1, 0)])
def test_the_chance_of_catching_is_counted(n: int, m: int, k: int) -> None:
    draws = list(combinations(range(n), k))
    caught = sum(any(cell < m for cell in draw) for draw in draws)
    assert chance_of_catching(n, m, k) == pytest.approx(caught / len(draws), abs=1e-12)


def test_the_chance_of_catching_by_value() -> None:
    assert chance_of_catching(10, 2, 3) == pytest.approx(1 - 56 / 120, abs=1e-15)
    assert chance_of_catching(336, 1, 5) == pytest.approx(5 / 336, abs=1e-12)
    with pytest.raises(BadParameter, match="forged=11"):
        chance_of_catching(10, 11, 1)


def test_honest_cells_are_reproduced(published: Path) -> None:
    found = verify(published, nonce="7", cells=6, suite=tiny_suite())
    assert found.ok
    assert [(one.reproduced, one.difference, one.same) for one in found.again] == [(True, 0.0, True)] * 6
    assert [one.key for one in found.again] == list(chosen([r.key for r in _cells(published)], "7", 6))
    for row in found.rows:
        place = (row.dataset, row.model, Variant(row.method, row.method_parameters))
        times = sum(one.address.place == place for one in found.again)
        level = "claimed" if not times else "reproduced in full" if times == row.cells else "reproduced in part"
        assert (row.reproduced, row.level) == (times, level)
    note = "6 of 20 cells: a forger of 2 of them is caught with probability 0.521"  # 1 - C(18, 6) / C(20, 6)
    assert found.checks[-1].notes == (note,)


def test_all_cells_are_reproduced_in_full(published: Path) -> None:
    found = verify(published, nonce="7", cells=99, suite=tiny_suite())
    assert found.levels() == {"reproduced in full": 8}


def test_a_nonce_is_drawn_where_none_is_given(published: Path) -> None:
    nonces = {verify(published, cells=1, suite=tiny_suite()).nonce for _ in range(3)}
    assert len(nonces) == 3
    assert None not in nonces


def _cells(folder: Path) -> tuple:  # type: ignore[type-arg]
    return read_records(folder, "tiny_board").cells


def _nonce(folder: Path, key: str, wanted: bool) -> str:
    """A nonce that chooses, or leaves out, a cell among the first three."""
    keys = [record.key for record in _cells(folder)]
    return next(str(n) for n in range(1000) if (key in chosen(keys, str(n), 3)) == wanted)


def test_a_consistent_forgery_is_found_when_its_cell_is_chosen_and_only_then(folder: Path) -> None:
    key = next(r.key for r in _cells(folder) if r.metric == "srg" and r.subject.method == "gradient")

    def lift(rows: forging.Rows) -> forging.Rows:
        return [{**row, "score": row["score"] + 0.1 * (row["cell"] == key)} if row["score"] else row for row in rows]

    forging.change(folder, "sample_records", lift)
    forging.everything(folder)
    assert verify(folder, suite=tiny_suite()).ok
    missed = verify(folder, _nonce(folder, key, False), 3, tiny_suite())
    caught = verify(folder, _nonce(folder, key, True), 3, tiny_suite())
    assert missed.ok
    assert not caught.ok
    (wrong,) = [one for one in caught.again if not one.reproduced]
    assert wrong.key == key
    assert wrong.samples == 5
    assert "5 of 5 samples differ" in wrong.reason
    assert [row.level for row in caught.rows if row.method == "gradient" and row.model == "tiny_mlp"] == [
        "contradicted"
    ]
    assert verify(folder, _nonce(folder, key, True), 3, tiny_suite(), tolerance=0.2).ok


def test_an_unsupported_cell_that_has_a_score_is_found_when_it_is_chosen(folder: Path) -> None:
    key = next(r.key for r in _cells(folder) if r.metric == "srg" and r.subject.method == "random")
    hidden = {"status": "unsupported", "reason": "it does not look good"}
    forging.change(folder, "cell_records", lambda rows: [{**r, **(hidden if r["key"] == key else {})} for r in rows])
    forging.change(folder, "sample_records", lambda rows: [row for row in rows if row["cell"] != key])
    _without_curves(folder, key)
    forging.everything(folder)
    assert verify(folder, suite=tiny_suite()).ok
    caught = verify(folder, _nonce(folder, key, True), 3, tiny_suite())
    assert [one.reason for one in caught.again if not one.reproduced] == ["ok here, published as unsupported"]


def _without_curves(folder: Path, key: str) -> None:
    record = next(r for r in _cells(folder) if r.key == key)
    table = parquet.read_table(folder / "curves.parquet")
    names = (record.subject.model, record.subject.method, record.metric)
    rows = [row for row in table.to_pylist() if (row["model"], row["method"], row["metric"]) != names]
    parquet.write_table(type(table).from_pylist(rows, table.schema), folder / "curves.parquet")


def test_forged_curves_are_found_when_their_cell_is_chosen(folder: Path) -> None:
    key = next(r.key for r in _cells(folder) if r.metric == "pixel_flipping" and r.subject.method == "gradient")
    record = next(r for r in _cells(folder) if r.key == key)
    table = parquet.read_table(folder / "curves.parquet")
    names = (record.subject.model, record.subject.method, record.metric)
    rows = [
        {**row, "y": row["y"] + 0.5 * ((row["model"], row["method"], row["metric"]) == names)}
        for row in table.to_pylist()
    ]
    parquet.write_table(type(table).from_pylist(rows, table.schema), folder / "curves.parquet")
    forging.digests(folder)
    assert verify(folder, suite=tiny_suite()).ok
    caught = verify(folder, _nonce(folder, key, True), 3, tiny_suite())
    assert ["the curves differ" in one.reason for one in caught.again if not one.reproduced] == [True]


@pytest.mark.parametrize("facts", [{"correct": None}, {"details": '{"spread":0.0,"forged":1.0}'}])
def test_forged_marks_of_samples_are_found_when_their_cell_is_chosen(folder: Path, facts: dict[str, object]) -> None:
    key = next(r.key for r in _cells(folder) if r.metric == "srg" and r.subject.method == "gradient")
    forging.change(folder, "sample_records", lambda rows: [{**r, **(facts if r["cell"] == key else {})} for r in rows])
    forging.everything(folder)
    assert verify(folder, suite=tiny_suite()).ok
    caught = verify(folder, _nonce(folder, key, True), 3, tiny_suite())
    assert [one.key for one in caught.again if not one.reproduced] == [key]


def test_other_weights_are_run_and_named(folder: Path) -> None:
    """A verifier whose model is another one finds that keys are others, and whether scores agree."""
    suite = tiny_suite()
    other = replace(suite, blocks=(replace(suite.blocks[0], model=model("tiny_mlp", seed=9)), suite.blocks[1]))
    key = next(r.key for r in _cells(folder) if r.metric == "srg" and r.subject.method == "gradient")
    found = verify(folder, _nonce(folder, key, True), 3, other)
    (wrong,) = [one for one in found.again if one.key == key]
    assert not wrong.reproduced
    assert not wrong.same


def test_draws_that_the_weights_name_cannot_be_told_with_others(folder: Path) -> None:
    """The random control on weights that differ in their last bit is another map, and no forgery."""
    suite = tiny_suite()
    moved = model()
    with torch.no_grad():
        moved.module[0].weight.mul_(1 + 2**-52)
    other = replace(suite, blocks=(replace(suite.blocks[0], model=moved), suite.blocks[1]))
    keys = {
        method: next(
            r.key
            for r in _cells(folder)
            if (r.metric, r.subject.method, r.subject.model) == ("srg", method, "tiny_mlp")
        )
        for method in ("random", "gradient")
    }
    told = {method: verify(folder, _nonce(folder, key, True), 3, other) for method, key in keys.items()}
    (random,) = [one for one in told["random"].again if one.key == keys["random"]]
    (gradient,) = [one for one in told["gradient"].again if one.key == keys["gradient"]]
    assert random.reproduced is None
    assert random.reason.startswith("nothing can be told: the map is drawn by the weights")
    assert gradient.reproduced is True
    assert told["random"].ok
    (checked,) = [check for check in told["random"].checks if check.name == "re-run"]
    assert checked.checked == sum(one.reproduced is not None for one in told["random"].again)
    assert "contradicted" not in told["random"].levels()
    untouched = verify(folder, _nonce(folder, keys["random"], True), 3, suite)
    assert all(one.reproduced for one in untouched.again)
