"""The worked example goes from an empty folder to a failing and then a passing test, in the documented steps."""

import os
import re
import shlex
import subprocess
import sys
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "docs" / "example"
BLOCK = re.compile(r"^```(python|sh|text)\n(.*?)^```", re.DOTALL | re.MULTILINE)
KEPT = ("contribution.py", "test_contribution.py", "test_contribution")
"""What the folder holds in the end besides the store."""


def run(command: str, folder: Path) -> str:
    """What a documented command prints; `pytest` is that of this environment, without what it is told outside."""
    words = shlex.split(command)
    assert words[0] == "pytest", command
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=folder, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED), done.stdout + done.stderr
    return done.stdout


def follow(folder: Path) -> None:
    """Files are written, commands run, and what they print is looked for line by line, in its order."""
    printed: list[str] = []
    for language, body in BLOCK.findall((EXAMPLE / "README.md").read_text(encoding="utf-8")):
        if language == "python":
            (folder / body.partition("\n")[0].removeprefix("# ")).write_text(body, encoding="utf-8")
        elif language == "sh":
            printed = [line for command in body.splitlines() for line in run(command, folder).splitlines()]
        else:
            found = iter(printed)
            for wanted in body.splitlines():
                assert any(fnmatchcase(line, wanted) for line in found), "\n".join([f"no line {wanted!r} in", *printed])


@pytest.mark.slow
def test_every_step_prints_what_the_page_says_and_leaves_what_is_committed(tmp_path: Path) -> None:
    follow(tmp_path)
    assert sorted(path.name for path in EXAMPLE.iterdir() if path.name in KEPT) == sorted(KEPT)
    for name in KEPT:
        made = sorted((tmp_path / name).iterdir()) if (tmp_path / name).is_dir() else [tmp_path / name]
        for path in made:
            there = EXAMPLE / path.relative_to(tmp_path)
            assert there.is_file(), there
            if path.suffix == ".py":
                assert path.read_text(encoding="utf-8") == there.read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_committed_example_passes_as_it_is() -> None:
    assert "2 passed" in run("pytest -p no:cacheprovider", EXAMPLE)
