"""One publication, and a copy of it for each test that changes something."""

import shutil
from pathlib import Path

import pytest
from tiny_board import NAME, tiny_suite

from whybench.leaderboard import Leaderboard
from whybench.publishing import publish
from whybench.runner import run
from whybench.store import Store


def small_report(store: Store, suite: str, to: Path) -> Path:
    """A report without figures, which take longer than all of these tests."""
    board = Leaderboard(store.records(suite), store.explanation_records(suite))
    to.mkdir(parents=True)
    (to / "index.html").write_text("<!doctype html><title>board</title>")
    (to / "board.csv").write_text(board.to_csv())
    (to / "board.tex").write_text(board.to_latex())
    (to / ".made-from").write_text("a digest")
    return to / "index.html"


@pytest.fixture(autouse=True)
def no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("whybench.report.write_report", small_report)


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    opened = Store.open(f"sqlite:///{tmp_path_factory.mktemp('store')}/tiny.db")
    run(tiny_suite(), opened)
    return opened


@pytest.fixture(scope="session")
def published(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Not to be changed."""
    to = tmp_path_factory.mktemp("published") / "board"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("whybench.report.write_report", small_report)
        publish(store, to, NAME)
    return to


@pytest.fixture
def folder(published: Path, tmp_path: Path) -> Path:
    """A copy to forge."""
    return Path(shutil.copytree(published, tmp_path / "board"))
