"""The command line, called in this process in an empty folder."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from whybench.cli import main


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str


Call = Callable[..., Answer]


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WHYBENCH_CACHE", str(tmp_path_factory.mktemp("weights")))
        yield


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, which is the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WHYBENCH_STORE", raising=False)
    return tmp_path


@pytest.fixture
def whybench(folder: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    """Calls the command line; nothing but an exit may come out of it."""

    def call(*arguments: str) -> Answer:
        with pytest.raises(SystemExit) as left:
            main(list(arguments))
        return Answer(int(left.value.code or 0), *capsys.readouterr())

    return call


@pytest.fixture
def no_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures take longer than the runs of these tests."""
    monkeypatch.setattr("whybench.cli.running.write_report", lambda store, suite, to: Path(to) / "index.html")
