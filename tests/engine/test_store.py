"""The store: what is damaged is computed again, what is no store is refused, and a full disk loses nothing."""

import errno
import os
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from whybench.errors import StoreError, StoreFull, UsageError
from whybench.runner import run
from whybench.store import DirectoryBlobs, Store
from whybench.suite import Suite


def stored_scores(store: Store) -> list[list[float | None]]:
    return [[s.score for s in record.samples] for record in store.records()]


def test_a_store_opens_again_with_the_same_records(suite: Suite, open_store: Callable[..., Store]) -> None:
    run(suite, open_store())
    again = open_store()
    assert again.suites() == ["tiny"]
    assert [r.subject.method for r in again.records("tiny")][::2] == [
        "gradient",
        "integrated_gradients",
        "random",
        "sobel_edges",
        "failing",
    ]
    assert again.last_run("tiny")["seed"] == 0


def test_a_changed_score_is_detected_and_computed_again(
    suite: Suite, open_store: Callable[..., Store], tmp_path: Path
) -> None:
    store = open_store()
    run(suite, store)
    before = stored_scores(store)
    with sqlite3.connect(tmp_path / "store.db") as connection:
        connection.execute("update scores set score = score + 1 where position = 0")
    assert len(store.records()) == len(before) - 6
    run(suite, store)
    assert stored_scores(store) == before


def test_minus_zero_is_a_score_like_any_other(suite: Suite, open_store: Callable[..., Store]) -> None:
    store = open_store()
    record = run(suite, store)[0]
    samples = tuple(replace(sample, score=-0.0) for sample in record.samples)
    store.save_cell(replace(record, samples=samples), store.explanation_records()[0].key, [])
    kept = store.cell(record.key)
    assert kept is not None
    assert [sample.score for sample in kept.samples] == [0.0] * len(samples)


def test_a_damaged_explanation_file_is_detected_and_made_again(
    suite: Suite, open_store: Callable[..., Store], tmp_path: Path
) -> None:
    store = open_store()
    run(suite, store)
    before = stored_scores(store)
    record = store.explanation_records()[0]
    assert isinstance(store.blobs, DirectoryBlobs)
    path = store.blobs.path(record.digest)
    whole = path.read_bytes()
    for position in (len(whole) - 1, 3, len(whole) // 2):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :])
        assert store.explanation(record.key) is None
    path.unlink()
    run(suite, store)
    assert stored_scores(store) == before


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_text("dear diary, " * 200)
    with pytest.raises(StoreError, match=r"notes\.db is no whybench store.*name another store"):
        Store.open(f"sqlite:///{tmp_path}/notes.db")


def test_a_database_of_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "other.db") as connection:
        connection.execute("create table customers (name text)")
    with pytest.raises(StoreError, match=r"other\.db is a database of something else \(tables customers\)"):
        Store.open(f"sqlite:///{tmp_path}/other.db")
    with sqlite3.connect(tmp_path / "other.db") as connection:
        assert connection.execute("select name from sqlite_master").fetchall() == [("customers",)]


def test_reading_makes_no_store(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no store at sqlite:///"):
        Store.open(f"sqlite:///{tmp_path}/none.db", create=False)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("url", ["nonsense://x", "oracle9://x/y"])
def test_an_unknown_kind_of_database_is_named(url: str) -> None:
    with pytest.raises(UsageError, match="unknown kind of database"):
        Store.open(url)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="unable to open database file"):
        Store.open(f"sqlite:///{tmp_path}/missing/folder/x.db")


@pytest.mark.parametrize("nth", range(1, 6))
def test_a_full_disk_under_the_tensors_loses_nothing_stored(
    suite: Suite, open_store: Callable[..., Store], monkeypatch: pytest.MonkeyPatch, nth: int
) -> None:
    expected = stored_scores(_finished(suite, open_store("whole")))
    store = open_store("full")
    calls = 0
    sync = os.fsync

    def full(descriptor: int) -> None:
        nonlocal calls
        calls += 1
        if calls == nth:
            raise OSError(errno.ENOSPC, "No space left on device")
        sync(descriptor)

    monkeypatch.setattr("whybench.store.blobs.os.fsync", full)
    with pytest.raises(StoreFull, match="free some and run again"):
        run(suite, store)
    kept = stored_scores(store)
    assert kept == expected[: len(kept)]
    assert not list(Path(store.blobs.root).rglob(".writing-*"))
    run(suite, store)
    assert stored_scores(store) == expected


def test_a_full_disk_under_the_database_is_one_clear_error(suite: Suite, open_store: Callable[..., Store]) -> None:
    from sqlalchemy import event

    store = open_store("small")
    expected = stored_scores(_finished(suite, open_store("whole")))

    @event.listens_for(store._database._engine, "checkout")
    def limit(connection: sqlite3.Connection, *rest: object) -> None:
        pages = connection.execute("pragma page_count").fetchone()[0]
        connection.execute(f"pragma max_page_count={pages}")

    with pytest.raises(StoreFull, match="no room left on the disk"):
        run(suite, store)
    event.remove(store._database._engine, "checkout", limit)
    again = open_store("small")
    run(suite, again)
    assert stored_scores(again) == expected


def _finished(suite: Suite, store: Store) -> Store:
    run(suite, store)
    return store


def test_the_fingerprint_changes_with_the_board_and_only_with_it(
    suite: Suite, open_store: Callable[..., Store]
) -> None:
    store = open_store()
    run(suite, store)
    first = store.fingerprint("tiny")
    assert open_store().fingerprint("tiny") == first
    run(suite.limited(samples=3), store)
    assert store.fingerprint("tiny") != first
