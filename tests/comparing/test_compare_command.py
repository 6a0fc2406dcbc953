"""`whybench compare`: what it prints and writes, and with which code it ends."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from typer.main import get_command

from whybench.cli import main
from whybench.cli.app import app
from whybench.comparing import DEFAULT, FAILURES
from whybench.comparing.comparison import NOTHING, SLOWER
from whybench.comparing.interleaving import ROUNDS
from whybench.records import Record
from whybench.statistics.pairs import ALPHA

Make = Callable[..., Record]
Stored = Callable[..., str]
CLEAN = np.random.default_rng(0).normal(0.5, 0.1, 250)


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> "Call":
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WHYBENCH_CACHE", str(tmp_path / "cache"))

    def compare(*words: str) -> Answer:
        with pytest.raises(SystemExit) as left:
            main(["compare", *words])
        return Answer(int(left.value.code or 0), *capsys.readouterr())

    return compare


Call = Callable[..., Answer]


@pytest.fixture
def stores(record: Make, store: Stored) -> tuple[str, str]:
    """One sample of 250 is broken by 1e-3."""
    broken = CLEAN.copy()
    broken[17] -= 1e-3
    a = store("a", record("gradient", scores=CLEAN), record("lrp", scores=CLEAN))
    return a, store("b", record("gradient", scores=broken), record("lrp", scores=CLEAN))


def test_a_broken_sample_is_named_and_the_code_is_1(call: Call, stores: tuple[str, str]) -> None:
    answer = call("a.db", "b.db")
    assert answer.code == 1
    assert answer.err == ""
    lines = answer.out.splitlines()
    assert lines[:5] == [
        "A: a.db",
        "B: b.db",
        "2 cells: 1 changed, 1 unchanged",
        "! changed: gradient by srg, cnn on digits: 1 of 250 samples beyond the tolerance, for the worse; mean -4e-06, "
        "p = 1 (250 samples)",
        f"    s017: {CLEAN[17]:.9g} -> {CLEAN[17] - 1e-3:.9g}",
    ]
    assert lines[5] == "Places: gradient 1 -> 2 of 2 (srg, cnn on digits)"
    assert lines[-1] == "Regression: 1 cell"


def test_what_did_not_move_ends_with_0(call: Call, stores: tuple[str, str]) -> None:
    a, _ = stores
    answer = call(a, a)
    assert answer.code == 0
    assert answer.out.splitlines()[-1] == "No regression"
    assert "2 cells: 2 unchanged" in answer.out


def test_what_counts_as_a_regression_is_chosen(call: Call, stores: tuple[str, str]) -> None:
    assert call("a.db", "b.db", "--fail-on", "lost,failed").code == 0
    assert call("a.db", "b.db", "--fail-on", "none").code == 0
    assert call("a.db", "b.db", "--fail-on", "changed-worse").code == 1
    assert call("b.db", "a.db", "--fail-on", "changed-worse").code == 0
    assert call("a.db", "b.db", "--atol", "0.01").code == 0


def test_files_are_written_for_programs_and_for_pull_requests(
    call: Call, stores: tuple[str, str], tmp_path: Path
) -> None:
    answer = call("a.db", "b.db", "--json", "c.json", "--markdown", "c.md")
    assert answer.code == 1
    assert "Regression: 1 cell" in answer.out
    assert json.loads((tmp_path / "c.json").read_text())["counts"] == {"changed": 1, "unchanged": 1}
    assert (tmp_path / "c.md").read_text().startswith("<!-- whybench compare -->\n### :x: Regression: 1 cell\n")
    answer = call("a.db", "b.db", "--json", "-")
    assert json.loads(answer.out)["regression"] is True
    answer = call("a.db", "b.db", "--json", "no/such/folder.json")
    assert (answer.code, answer.err) == (74, "whybench: cannot write no/such/folder.json: No such file or directory\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("a.db", "missing.db"), "B: 'missing.db' is no store, folder or version here"),
        (("sqlite:///missing.db", "b.db"), "A: no store at sqlite:///missing.db; run a suite there first"),
        (("a.db", "."), "B: '.' is a folder without scores.parquet"),
        (("a.db", "b.db", "--suite", "quickstart"), "suite 'quickstart' is not in a.db; it holds: hand"),
        (("a.db", "b.db", "--fail-on", "all"), "--fail-on='all'; choose among"),
        (("a.db", "b.db", "--fail-on", ""), "--fail-on='' names nothing; where nothing shall fail, say so"),
        (("a.db", "b.db", "--fail-on", "slower"), "--fail-on=slower is of times, which only --timing compares"),
        (("a.db", "mysql://x"), "store 'mysql://x' needs MySQLdb; use sqlite:/// or postgresql+psycopg://"),
        (("a.db", ""), "B is ''; is a variable unset? write the path or URL of a store"),
        (("a.db", "b.db", "--run", "quickstart"), "--run='quickstart', but neither A nor B is a version"),
        (("a.db", "b.db", "--json", "-", "--markdown", "-"), "--json - and --markdown - would mix on standard output"),
        (("a.db", "b.db", "--rtol", "-1"), "--rtol=-1.0; a finite number >= 0 is needed"),
        (("a.db", "b.db", "--atol", "nan"), "--atol=nan; a finite number >= 0 is needed"),
        (("a.db", "b.db", "--alpha", "1"), "--alpha=1.0; a number between 0 and 1 is needed"),
        (("a.db", "b.db", "--clock", "sun"), "--clock='sun'; wall or cpu is needed"),
        (("a.db", "b.db", "--timing"), "A, a.db, was never timed"),
    ],
)
def test_bad_input_ends_with_2_and_one_sentence(
    call: Call, stores: tuple[str, str], words: tuple[str, ...], said: str
) -> None:
    answer = call(*words)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith(f"whybench: {said}")
    assert answer.err.count("\n") == 1


def test_no_cell_in_common_ends_with_4(call: Call, record: Make, store: Stored, stores: tuple[str, str]) -> None:
    store("other", record(seed=1))
    answer = call("a.db", "other.db")
    assert (answer.code, answer.out) == (4, "")
    assert answer.err.startswith("whybench: no cell in common: ")


def test_ctrl_c_is_no_regression(call: Call, stores: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("whybench.cli.comparing.open_both", interrupted)
    answer = call("a.db", "b.db")
    assert (answer.code, answer.out) == (130, "")
    assert answer.err == "whybench: interrupted; what versions finished is stored: compare again to go on\n"


def test_the_help_says_what_a_regression_is() -> None:
    command = get_command(app).commands["compare"]  # type: ignore[attr-defined]
    said = set(re.findall(r"[\w-]+", command.help))
    assert {*FAILURES, SLOWER, NOTHING} <= said
    defaults = {option.name: option.default for option in command.params}
    assert defaults["fail_on"].split(",") == list(DEFAULT)
    assert (defaults["alpha"], defaults["rounds"]) == (ALPHA, ROUNDS)
