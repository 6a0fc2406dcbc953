"""The page of clauses, and that every clause is told in full."""

from pathlib import Path

import pytest

from whybench.checking import CLAUSES, clauses
from whybench.checking.page import written

PAGE = Path(__file__).parents[2] / "docs" / "checking.md"


def test_the_page_has_the_clauses_as_they_are() -> None:
    """Or else: whybench.checking.page.written(text) is the page as it should be."""
    text = PAGE.read_text(encoding="utf-8")
    assert written(text) == text


@pytest.mark.parametrize("sort", ["method", "metric", "model", "dataset"])
def test_a_clause_is_there_once_a_sort(sort: str) -> None:
    ids = [clause.id for clause in CLAUSES if clause.sort == sort]
    assert len(set(ids)) == len(ids)
    assert [clause.id for clause in clauses(sort)] == sorted(ids, key=lambda name: int(name[1:]))


def test_every_clause_of_methods_from_1_to_24_and_metrics_from_25_is_there() -> None:
    assert {clause.id for clause in clauses("method")} == {*(f"C{n}" for n in range(1, 25)), "C29", "C30", "C31"}
    assert {f"C{n}" for n in range(25, 31)} <= {clause.id for clause in clauses("metric")}
