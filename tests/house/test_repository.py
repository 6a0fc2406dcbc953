"""What is committed speaks to readers of the project, and of nothing else."""

import re
import tomllib
from pathlib import Path

import pytest

from whybench.records import PROTOCOL

BANNED = {
    "an absolute path of one machine": r"(?<![\w.])/(home|Users|root|work|tmp|mnt)/\w",
    "a path outside the project": r"\.\./shared",
    "talk of how it was made": r"(?i)\b(sub-?agents?|as an ai|chatgpt|claude|copilot|the preamble|my brief)\b",
    "a thread of a tracker": r"(?i)\bissue #?\d+\b",
    "work left undone": r"\b(TODO|FIXME|XXX|HACK)\b",
}


@pytest.fixture(scope="module")
def texts(root: Path, tracked: list[str]) -> dict[str, str]:
    """Every committed text by its path, this file left out."""
    found = {}
    for path in tracked:
        if (root / path).is_file() and path != Path(__file__).relative_to(root).as_posix():
            try:
                found[path] = (root / path).read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue
    return found


@pytest.mark.parametrize("what", BANNED)
def test_no_text_holds(texts: dict[str, str], what: str) -> None:
    pattern = re.compile(BANNED[what])
    hits = [
        f"{path}:{number}: {line.strip()[:100]}"
        for path, text in texts.items()
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]
    assert hits == []


def test_one_version(root: Path) -> None:
    version = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert f"\nversion: {version}\n" in (root / "CITATION.cff").read_text(encoding="utf-8")
    newest = re.search(r"^## \[(\S+)\]", (root / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert newest is not None
    assert newest[1] == version


def test_the_protocol_is_in_the_changelog(root: Path) -> None:
    assert f"\nProtocol {PROTOCOL}.\n" in (root / "CHANGELOG.md").read_text(encoding="utf-8")


def test_what_a_reader_looks_for_is_there(tracked: list[str]) -> None:
    wanted = {
        "README.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "LICENSE",
        "CITATION.cff",
        "SECURITY.md",
        "pyproject.toml",
    }
    wanted |= {"tox.ini", "constraints.txt", ".ci/run", "docs/architecture.md", "docs/references.bib"}
    assert wanted <= set(tracked)


def test_test_files_have_names_of_their_own(tracked: list[str]) -> None:
    names = [Path(path).name for path in tracked if path.startswith("tests/") and Path(path).name != "conftest.py"]
    assert sorted({name for name in names if names.count(name) > 1}) == []
