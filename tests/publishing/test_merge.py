"""A merged board is the published one; what a store computed itself is compared with it and never replaced."""

import json
from dataclasses import replace
from pathlib import Path

import forging
import pytest
from failing_parts import Breaks, FirstUndefined
from tiny_board import METRICS, NAME, data, model, tiny_suite

from whybench.errors import Refused
from whybench.leaderboard import Leaderboard
from whybench.publishing import merge, verify
from whybench.publishing.manifest import read_manifest
from whybench.publishing.notes import write_notes
from whybench.report.provenance import facts
from whybench.runner import run
from whybench.store import Store
from whybench.suite import Suite, block


def board(store: Store) -> Leaderboard:
    return Leaderboard(store.records(NAME), store.explanation_records(NAME))


def test_the_board_is_the_published_one(store: Store, published: Path) -> None:
    kept = Store.memory()
    merged = merge(published, kept, tiny_suite())
    assert (merged.suite, merged.manifest) == (NAME, read_manifest(published).digest)
    assert (merged.added, merged.held, merged.kept, merged.noted) == (20, 0, 0, {"claimed": 8})
    assert board(kept).to_csv() == board(store).to_csv() == (published / "board.csv").read_text()
    assert board(kept).to_markdown() == (published / "board.md").read_text()
    own, theirs = {r.key: r for r in store.records(NAME)}, kept.records(NAME)
    assert theirs == [replace(own[r.key], curves=None) for r in theirs]  # shared costs among them
    for record in theirs:
        curves = own[record.key].curves
        assert (record.curves is None) == (curves is None)
        if record.curves is not None and curves is not None:
            assert record.curves.x.tolist() == curves.x.tolist()
            assert record.curves.y.tolist() == curves.y.tolist()
            assert (record.curves.x_name, record.curves.y_name) == (curves.x_name, curves.y_name)


def test_the_store_notes_where_it_comes_from(published: Path) -> None:
    kept = Store.memory()
    digest = merge(published, kept).manifest
    noted = kept.last_run(NAME)
    assert noted is not None
    assert noted["merged"] == digest
    assert noted["verification"] == {"claimed": 8}
    assert noted["environment"] == read_manifest(published).environment
    said = {fact.name: fact.value for fact in facts(board(kept), [], NAME, noted)}
    assert said["merged"] == f"publication {digest}; rows, as its own note says: 8 claimed"


def test_what_a_note_says_is_shown_as_such(folder: Path) -> None:
    write_notes(folder, verify(folder, nonce="7", cells=20, suite=tiny_suite()))
    assert merge(folder, Store.memory()).noted == {"reproduced in full": 8}
    note = json.loads((folder / "verification.json").read_text())
    (folder / "verification.json").write_text(json.dumps({**note, "manifest": "another"}))
    assert merge(folder, Store.memory()).noted == {}
    (folder / "verification.json").write_text("[" * 100_000)
    assert merge(folder, Store.memory()).noted == {}
    assert verify(folder).ok


def test_a_second_time_nothing_changes(published: Path) -> None:
    kept = Store.memory()
    merge(published, kept)
    before = kept.fingerprint(NAME)
    again = merge(published, kept)
    assert (again.added, again.held, again.kept) == (0, 20, 0)
    assert kept.fingerprint(NAME) == before


def test_own_cells_stay_and_missing_ones_are_added(published: Path) -> None:
    """The store ran one method by one metric, with the same samples and seed: the same keys."""
    kept = Store.memory()
    wide = block(model(), data(), ["gradient"], METRICS[:1])
    run(Suite(NAME, (wide,)), kept)
    (own,) = kept.records(NAME)
    merged = merge(published, kept)
    assert (merged.added, merged.held, merged.kept) == (19, 1, 0)
    assert next(r for r in kept.records(NAME) if r.key == own.key).own == own.own


def test_another_explanation_of_the_stores_own_stays(published: Path) -> None:
    """Three samples instead of five: other keys, the same address, other samples."""
    kept = Store.memory()
    run(Suite(NAME, (block(model(), data(), [Breaks()], [FirstUndefined()], samples=3),)), kept)
    before = kept.records(NAME)
    merged = merge(published, kept)
    assert (merged.added, merged.held, merged.kept) == (17, 1, 2)
    assert [r for r in kept.records(NAME) if r.subject.method == "breaks"] == before


def test_scores_that_differ_are_a_conflict(published: Path) -> None:
    kept = Store.memory()
    run(replace(tiny_suite(), seed=3), kept)
    before = kept.fingerprint(NAME)
    with pytest.raises(
        Refused, match=r"of 20 cells that the store holds too are others there: .*random.*another store"
    ):
        merge(published, kept)
    assert kept.fingerprint(NAME) == before


def test_a_run_after_merging_computes_what_is_missing_only(published: Path) -> None:
    kept = Store.memory()
    merge(published, kept)
    keys = {r.key for r in kept.records(NAME)}
    assert {r.key for r in run(tiny_suite(), kept)} == keys


def test_a_refused_folder_leaves_the_store_alone(folder: Path) -> None:
    forging.edit(folder, "board.md", "# Leaderboard", "# Winners")
    forging.digests(folder)
    kept = Store.memory()
    with pytest.raises(Refused, match=r"is refused: boards: board.md: line 1: '# Winners', the records give"):
        merge(folder, kept)
    assert kept.suites() == []
