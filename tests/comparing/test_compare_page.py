"""docs/comparing.md says what is so: its tables, its commands and its workflow."""

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest
from typer.main import get_command

from whybench.cli.app import app
from whybench.comparing import DEFAULT, FAILURES
from whybench.comparing.comparison import SLOWER
from whybench.comparing.judging import Verdict
from whybench.comparing.tolerance import TOLERANCES
from whybench.records import Record

PAGE = (Path(__file__).parents[2] / "docs" / "comparing.md").read_text(encoding="utf-8")
WORKFLOW = PAGE.partition("```yaml\n")[2].partition("```")[0]


def test_the_tolerances() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\S+) \| (\S+) \|$", PAGE, re.MULTILINE)
    assert {name: (float(r), float(a)) for name, r, a in rows} == {
        name: (one.relative, one.absolute) for name, one in TOLERANCES.items()
    }


def test_the_verdicts_and_what_fails() -> None:
    table = PAGE.partition("| verdict |")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| `([\w ]+)` \|", table, re.MULTILINE)) == set(get_args(Verdict))
    named = {word for row in table.splitlines() for word in re.findall(r"`([\w-]+)`", row.rpartition(" | ")[2])}
    assert named >= set(FAILURES)
    assert f"`{','.join(DEFAULT)}`" in PAGE
    assert f"`{SLOWER}`" in PAGE


def test_every_command_is_understood() -> None:
    shell = PAGE.partition("```sh\n")[2].partition("```")[0]
    lines = [line.partition("   #")[0] for line in shell.splitlines()]
    lines += [line.partition("run: ")[2] for line in WORKFLOW.splitlines() if "run: whybench" in line]
    lines += re.findall(r"`(whybench compare [^`]+markdown[^`]+)`", PAGE)
    assert len(lines) == 9
    for line in lines:
        _, name, *words = shlex.split(line.partition("||")[0])
        with get_command(app).commands[name].make_context(name, words) as context:  # type: ignore[attr-defined]
            assert context.params


def test_the_workflow_names_major_versions_and_no_secret() -> None:
    used = re.findall(r"uses: (\S+)", WORKFLOW)
    assert used
    assert [name for name in used if not re.fullmatch(r"actions/[\w-]+@v\d+", name)] == []
    assert "secrets" not in WORKFLOW
    assert "pull_request_target" not in WORKFLOW
    assert not [line for line in WORKFLOW.splitlines() if "run:" in line and "${{" in line]


def test_the_python_runs(
    store: Callable[..., str],
    record: Callable[..., Record],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    store("before", record(scores=[1.0]))
    store("after", record(scores=[2.0]))
    exec(compile(PAGE.partition("```python\n")[2].partition("```")[0], "comparing.md", "exec"), {})
    assert capsys.readouterr().out == "{'changed': 1} True\n"
