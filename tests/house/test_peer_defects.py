"""The page of peers' defects: every defect names tests, and all of these exist."""

import ast
import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "peer_defects.md"
TESTS = Path(__file__).parents[1]


def table_lines() -> list[str]:
    """One line a defect."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.startswith("| ") and not line.startswith(("| ---", "| defect", "| suite"))]


def named(line: str) -> list[tuple[str, str]]:
    """The tests of one row: file and function."""
    return re.findall(r"`([\w/]+\.py)::(\w+)`", line)


def test_every_defect_names_its_tests() -> None:
    lines = table_lines()
    assert len(lines) >= 60
    for line in lines:
        cells = [cell.strip() for cell in line.strip("| ").split(" | ")]
        assert 2 <= len(cells) <= 3, line
        assert named(cells[-1]), line
        assert re.sub(r"`[\w/]+\.py::\w+`", "", cells[-1]).strip(", ") == "", line


@pytest.mark.parametrize(("file", "test"), sorted({pair for line in table_lines() for pair in named(line)}))
def test_the_named_test_exists(file: str, test: str) -> None:
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    assert test in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
