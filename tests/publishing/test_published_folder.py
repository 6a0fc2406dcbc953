"""An honest folder passes every check, is made the same way every time, and replaces only what is its own."""

import json
from pathlib import Path

import forging
import pytest
from tiny_board import NAME, data, model, tiny_suite

from whybench import registries
from whybench.errors import BadParameter, NothingSelected, Refused, UsageError
from whybench.publishing import publish, seal, verify
from whybench.publishing.boards import boards_agree
from whybench.publishing.manifest import read_manifest
from whybench.publishing.reading import read_records
from whybench.records import PROTOCOL
from whybench.report import write_report
from whybench.runner import run
from whybench.store import Store
from whybench.suite import Suite, SuiteLoader, block

RECORDS = ("cell_records", "sample_records", "explanation_records", "scores", "curves", "costs", "explanations")
FILES = {"board.csv", "board.json", "board.md", "timing.csv", "site/index.html", "site/board.csv", "site/board.tex"}
FILES |= {f"{name}.parquet" for name in RECORDS}


def checks(folder: Path, **asked: object) -> dict[str, list[str]]:
    found = verify(folder, **asked)  # type: ignore[arg-type]
    return {check.name: list(check.problems) for check in found.checks}


def test_what_is_written(published: Path) -> None:
    there = {path.relative_to(published).as_posix() for path in published.rglob("*") if path.is_file()}
    assert there == FILES | {"manifest.json", "verification.json", "verification.html"}
    manifest = read_manifest(published)
    assert set(manifest.files) == FILES
    assert (manifest.suite, manifest.protocol, manifest.device, manifest.asked) == (NAME, PROTOCOL, "cpu", ())
    assert manifest.version("torch") == manifest.environment["libraries"]["torch"] != "not installed"
    assert sum(len(grid.addresses()) for grid in manifest.plan) == 20


def test_a_method_may_be_called_as_a_board_is(published: Path) -> None:
    """The samples of the method `sensitivity` lie in a file of that name, which is no board."""
    found = read_records(published, NAME)
    assert (
        boards_agree(published, ["site/samples/tiny/sensitivity.csv", "site/tables/timing.csv"], found).problems == ()
    )
    assert "cannot be read" in str(boards_agree(published, ["site/sensitivity.csv"], found).problems)


def test_the_real_report_is_published_and_agrees(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of its methods is called as one of its boards is."""
    monkeypatch.setattr("whybench.report.write_report", write_report)
    methods = ("gradient", "sensitivity", "random")
    opened = Store.memory()
    run(Suite("whole", (block(model(), data(), methods, ("srg(infill='mean', steps=4)",)),)), opened)
    publish(opened, tmp_path / "board", "whole")
    found = {check.name: check for check in verify(tmp_path / "board").checks}
    assert [check.name for check in found.values() if check.problems] == []
    assert (tmp_path / "board/site/samples/tiny-table_tiny-mlp/sensitivity.csv").is_file()
    assert found["boards"].checked == 11


def test_an_honest_folder_agrees(published: Path) -> None:
    assert checks(published, suite=tiny_suite()) == {
        "manifest": [],
        "files": [],
        "records": [],
        "names": [],
        "plan": [],
        "facts": [],
        "boards": [],
    }
    found = verify(published, suite=tiny_suite())
    assert found.levels() == {"claimed": 8}
    assert {check.name: check.checked for check in found.checks} == {
        "manifest": 1,
        "files": 14,
        "records": 69,  # five samples of 9 cells and four of 6
        "names": 28,  # 20 cells and 8 explanations
        "plan": 20,
        "facts": 20,
        "boards": 9,  # four boards, two copies in the site, three tables
    }


def test_without_the_suite_the_plan_is_the_publishers(published: Path) -> None:
    found = verify(published)
    assert found.ok
    notes = {check.name: check.notes for check in found.checks}
    assert notes["plan"] == (f"suite {NAME!r} is not registered here: the plan is the publisher's own",)
    assert notes["names"] == ("5 of 28 keys name code or training data that is not here: only a re-run shows them",)


def test_the_same_store_gives_the_same_folder(store: Store, published: Path, tmp_path: Path) -> None:
    assert publish(store, tmp_path / "again", NAME).digest == read_manifest(published).digest


def test_an_older_publication_is_replaced_and_nothing_else(store: Store, folder: Path) -> None:
    (folder / "manifest.json").write_text(read_manifest(folder).text())
    (folder / "site" / "old.html").write_text("a page that is no longer written")
    seal(folder)
    publish(store, folder, NAME)
    assert not (folder / "site" / "old.html").exists()
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"holds other files \(notes.txt\)"):
        publish(store, folder, NAME)
    assert checks(folder)["files"] == ["notes.txt is not listed in manifest.json"]
    publish(store, folder, NAME, beside=True)
    assert verify(folder).ok
    assert "notes.txt" in read_manifest(folder).files
    assert (folder / "notes.txt").read_text() == "mine"


def test_seal_lists_what_was_added(folder: Path) -> None:
    (folder / "figure.svg").write_text("<svg/>")
    assert checks(folder)["files"] == ["figure.svg is not listed in manifest.json"]
    assert "figure.svg" in seal(folder).files
    assert verify(folder).ok
    noted = json.loads((folder / "verification.json").read_text())
    assert noted["manifest"] == read_manifest(folder).digest


def test_seal_does_not_hide_a_forgery(folder: Path) -> None:
    forging.edit(folder, "board.md", "# Leaderboard", "# Winners")
    with pytest.raises(Refused, match=r"does not agree with itself: boards: board.md: line 1"):
        seal(folder)


def test_folders_that_hold_something_else(store: Store, tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "a.txt").write_text("dear")
    with pytest.raises(UsageError, match="holds other files"):
        publish(store, tmp_path / "letters", NAME)
    with pytest.raises(UsageError, match="is no folder"):
        publish(store, tmp_path / "letters" / "a.txt", NAME)
    with pytest.raises(NothingSelected, match="'nothing' has no cells"):
        publish(store, tmp_path / "new", "nothing")
    with pytest.raises(UsageError, match=r"holds no manifest.json"):
        verify(tmp_path / "letters")
    assert (tmp_path / "letters" / "a.txt").read_text() == "dear"


def test_an_unfinished_board_is_not_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Planned(SuiteLoader):
        name = "planned"

        def load(self) -> Suite:
            return Suite("planned", (block(model(), data(), ["gradient", "random"], ["pixel_flipping(steps=4)"]),))

    monkeypatch.setitem(registries.suites._things, "planned", Planned)
    store, whole = Store.memory(), Planned().load()
    run(Suite("planned", (block(model(), data(), ["gradient"], ["pixel_flipping(steps=4)"]),)), store)
    with pytest.raises(Refused, match=r"cannot be published: plan: missing: .random .*Run it again first"):
        publish(store, tmp_path / "board", "planned")
    assert not (tmp_path / "board").exists()
    run(whole, store)
    publish(store, tmp_path / "board", "planned")
    assert verify(tmp_path / "board", nonce="1", cells=2).levels() == {"reproduced in full": 2}


def test_bad_questions(published: Path) -> None:
    with pytest.raises(BadParameter, match="cells=-1"):
        verify(published, cells=-1)
    with pytest.raises(UsageError, match="'tiny_board' is not registered here; name it with --suite"):
        verify(published, nonce="1")
