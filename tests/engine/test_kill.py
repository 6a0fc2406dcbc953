"""A run that is killed, at several points, and run again ends where an uninterrupted one does."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from whybench.cli import main
from whybench.runner import run
from whybench.store import Store
from whybench.store.database import Database
from whybench.suite import Suite

METHODS = ("gradient", "random", "smooth_grad(samples=4)", "integrated_gradients(steps=8)", "lrp", "sobel_edges")
METRICS = ("pixel_flipping", "ssr", "srg(infill='mean')", "random_logit")
KILLS = (2, 13)
"""How many cells are stored when the run is killed."""

Rows = dict[str, dict[str, tuple[Any, ...]]]


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], subprocess.Popen[str]]:
    """Starts the run in a folder; its store is run.db there. The report is not what is tested: it fails at once."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "WHYBENCH_CACHE": str(tmp_path_factory.mktemp("weights"))}
    command = [sys.executable, "-m", "whybench", "run", "-M", "digits_cnn", "-D", "digits", "--samples", "8"]
    command += ["--store", "sqlite:///run.db", "--report", "/dev/null/report"]
    command += [word for name in METHODS for word in ("-m", name)] + [word for name in METRICS for word in ("-x", name)]

    def start_in(folder: Path) -> subprocess.Popen[str]:
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(command, cwd=folder, env=environment, start_new_session=True, **streams)

    return start_in


def finish(running: subprocess.Popen[str]) -> str:
    said, complaint = running.communicate(timeout=120)
    assert running.returncode == 74, complaint
    assert complaint == "whybench: cannot write the report to /dev/null/report: Not a directory\n"
    return said


def stored(folder: Path) -> int:
    """The number of cells in a store that may still be being made."""
    if not (folder / "run.db").exists():
        return 0
    try:
        with sqlite3.connect(f"file:{folder}/run.db?mode=ro", uri=True) as connection:
            return int(connection.execute("select count(*) from cells").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def content(folder: Path) -> Rows:
    """What a finished cell must keep: every row of cells and explanations, costs included, and the scores."""
    with sqlite3.connect(folder / "run.db") as connection:
        found: Rows = {}
        for table, key in (
            ("cells", "key"),
            ("explanations", "key"),
            ("artifacts", "key"),
            ("scores", "cell, position"),
        ):
            rows = connection.execute(f"select {key}, * from {table}").fetchall()  # noqa: S608 names of our own
            width = key.count(",") + 1
            found[table] = {str(row[:width]): row[width:] for row in rows}
    return found


def exported(folder: Path) -> dict[str, bytes]:
    with pytest.raises(SystemExit) as left:
        main(["export", "--store", f"sqlite:///{folder}/run.db", "--to", str(folder / "out")])
    assert not left.value.code
    tables = {name: (folder / "out" / f"{name}.parquet").read_bytes() for name in ("scores", "curves", "explanations")}
    tensors = {path.name: path.read_bytes() for path in (folder / "out" / "explanations").iterdir()}
    return tables | tensors


def alive(group: int) -> bool:
    """Whether any process of a group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.slow
def test_killed_runs_go_on_to_the_very_same_scores(
    start: Callable[[Path], subprocess.Popen[str]], tmp_path: Path
) -> None:
    cells = len(METHODS) * len(METRICS)
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    whole.mkdir()
    killed.mkdir()
    assert f"{cells} cells computed, 0 read from the store, 0 failed" in finish(start(whole))

    for least in KILLS:
        before = content(killed) if stored(killed) else {}
        running = start(killed)
        deadline = time.monotonic() + 60
        while stored(killed) < least and running.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        os.killpg(running.pid, signal.SIGKILL)
        running.communicate()
        assert running.returncode == -signal.SIGKILL
        assert not alive(running.pid)
        after = content(killed)
        assert least <= len(after["cells"]) < cells
        for table, rows in before.items():
            assert rows.items() <= after[table].items(), f"{table} computed again"

    before, known = content(killed), stored(killed)
    said = finish(start(killed))
    assert f"{cells - known} cells computed, {known} read from the store, 0 failed" in said
    after = content(killed)
    for table, rows in before.items():
        assert rows.items() <= after[table].items(), f"{table} computed again"
    assert len(after["cells"]) == cells

    expected, found = exported(whole), exported(killed)
    assert sorted(found) == sorted(expected)
    assert [name for name in expected if found[name] != expected[name]] == []


class Killed(BaseException):
    """What no code may catch."""


@pytest.mark.parametrize("nth", [1, 2, 3, 4, 5, 6, 8, 10, 13, 17, 22, 26])
def test_a_run_that_ends_at_any_write_goes_on(
    suite: Suite, open_store: Callable[..., Store], monkeypatch: pytest.MonkeyPatch, nth: int
) -> None:
    whole, store = open_store("whole"), open_store("cut")
    run(suite, whole)
    writing, calls = Database.writing, 0

    @contextmanager
    def cut(database: Database) -> Iterator[Connection]:
        nonlocal calls
        calls += 1
        with writing(database) as connection:
            yield connection
            if calls == nth:
                raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Database, "writing", cut)
        with pytest.raises(Killed):
            run(suite, store)
    run(suite, store)
    assert [(r.key, r.samples) for r in store.records()] == [(r.key, r.samples) for r in whole.records()]
    assert [e.digest for e in store.explanation_records()] == [e.digest for e in whole.explanation_records()]
