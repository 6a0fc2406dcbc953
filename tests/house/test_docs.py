"""What the documents show works as it is written."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import get_args

import pytest
from typer.main import get_command

from whybench.cli.app import app
from whybench.cli.exits import Exit
from whybench.exporting import export
from whybench.records import SampleStatus, Status

PAGES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "docs/architecture.md", "docs/peer_defects.md")
INSTALL = "python -m pip install -c constraints.txt . && whybench run quickstart"
TEST = "python -m pip install tox && tox"


def blocks(path: Path, language: str) -> list[str]:
    """The fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", path.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def commands(path: Path) -> Iterator[list[str]]:
    """Every whybench command in the shell blocks, as words."""
    for line in "\n".join(blocks(path, "sh")).splitlines():
        for command in line.partition("   #")[0].split("&&"):
            words = shlex.split(command)
            if words[:1] == ["whybench"]:
                yield words[1:]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_python_of_readme_runs_as_written(root: Path, here: Path) -> None:
    """A block that begins with the name of a file is that file; all others run in their order, in one namespace."""
    namespace: dict[str, object] = {}
    for code in blocks(root / "README.md", "python"):
        named = re.match(r"# (\w+\.py)\n", code)
        if named:
            (here / named[1]).write_text(code)
        else:
            exec(compile(code, "README.md", "exec"), namespace)


def test_the_method_and_the_metric_of_contributing_work(root: Path, here: Path) -> None:
    """In a process of its own, since both register themselves."""
    for code in blocks(root / "CONTRIBUTING.md", "python"):
        (here / code.partition("\n")[0].removeprefix("# ")).write_text(code)
    program = (
        "import torch, whybench\n"
        "net = torch.nn.Linear(2, 1, bias=False, dtype=torch.float64)\n"
        "net.weight.data.copy_(torch.tensor([[2.0, -3.0]]))\n"
        "board = whybench.evaluate(net, torch.ones(2, 2, dtype=torch.float64), metrics=['peak.py:Peak'],\n"
        "    methods=['magnitude.py:Magnitude(power=2.0)'])\n"
        "assert 'magnitude' in whybench.method('magnitude').name\n"
        "assert board.scores['score'].tolist() == [9 / 13, 9 / 13], board.scores\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=here)


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_commands_are_understood(root: Path, page: str) -> None:
    found = list(commands(root / page))
    assert found
    for name, *arguments in found:
        command = get_command(app).commands[name]  # type: ignore[attr-defined]
        with command.make_context(name, arguments) as context:
            assert context.params


def test_the_table_of_commands_is_complete(root: Path) -> None:
    text = (root / "README.md").read_text(encoding="utf-8")
    shown = [words.split()[0] for words in re.findall(r"^\| `whybench ([^`]+)`", text, re.MULTILINE)]
    assert sorted(shown) == sorted(get_command(app).commands)  # type: ignore[attr-defined]


@pytest.mark.parametrize("page", ["README.md", "docs/architecture.md"])
def test_exit_codes_are_those_of_the_command_line(root: Path, page: str) -> None:
    text = (root / page).read_text(encoding="utf-8").lower().partition("exit codes")[2].partition("\n## ")[0]
    assert {int(code) for code in re.findall(r"(?:^\| |[:,\n ] ?)(\d+)\b", text, re.MULTILINE)} == set(map(int, Exit))


def test_the_first_two_commands(root: Path) -> None:
    assert [block.strip() for block in blocks(root / "README.md", "sh")[:2]] == [INSTALL, TEST]
    ran = (root / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert ran[-1] == TEST
    assert sum("tox" in line for line in ran if not line.startswith("#")) == 1


def test_generated_pages_are_up_to_date(generate: ModuleType) -> None:
    for path, text in generate.pages().items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name}: run python docs/generate.py"


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(root: Path, page: str) -> None:
    path = root / page
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", path.read_text(encoding="utf-8"))
    inner = [link for link in links if "://" not in link]
    assert [link for link in inner if not (path.parent / link).exists()] == []


def test_every_doctest_of_the_package_passes(here: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--doctest-modules",
        "--pyargs",
        "whybench",
    ]
    result = subprocess.run(command, cwd=here, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout[-5000:]
    passed = re.search(r"(\d+) passed", result.stdout)
    assert passed is not None
    assert int(passed[1]) >= 40


def test_every_status_of_an_exported_row_is_explained(root: Path) -> None:
    statuses = {*get_args(Status), *get_args(SampleStatus)}
    section = (
        (root / "README.md").read_text(encoding="utf-8").partition("### What export writes")[2].partition("## ")[0]
    )
    assert set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == statuses
    told = (export.__doc__ or "") + (get_command(app).commands["export"].help or "")  # type: ignore[attr-defined]
    assert statuses <= set(re.findall(r"\w+", told))
