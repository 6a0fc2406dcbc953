"""Known bugs of the field: what is ours keeps the clause, and the bug put back breaks it."""

from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import bug_corpus
import pytest
from corpus_elsewhere import ELSEWHERE
from corpus_of_data import DATASETS
from corpus_of_methods import METHODS
from corpus_of_metrics import METRICS
from corpus_row import Elsewhere, Row

from whybench.checking import Finding, check

ROWS = (*METHODS, *METRICS, *DATASETS)
TESTS = Path(__file__).parents[1]


@cache
def sound(row_sound: str, clause: str, models: tuple[str, ...]) -> Finding:
    (finding,) = check(row_sound, only=(clause,), models=models).findings
    return finding


@pytest.mark.parametrize("row", ROWS, ids=[row.id for row in ROWS])
def test_the_bug_is_caught(row: Row) -> None:
    kept = sound(row.sound, row.clause, row.models)
    assert kept.verdict == "passed", kept
    (broken,) = check(row.faulty, only=(row.clause,), models=row.models).findings
    assert broken.verdict == "failed", broken
    assert broken.values


@pytest.mark.parametrize("row", ELSEWHERE, ids=[row.where for row in ELSEWHERE])
def test_what_no_clause_speaks_of_is_caught_by_a_test(row: Elsewhere, monkeypatch: pytest.MonkeyPatch) -> None:
    file, _, name = row.test.partition("::")
    spec = spec_from_file_location(f"corpus_{Path(file).stem}", TESTS / file)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    getattr(module, name)(**row.arguments)
    monkeypatch.setattr(module, row.name, row.faulty)
    with pytest.raises((AssertionError, AttributeError)):
        getattr(module, name)(**row.arguments)


def test_every_bug_is_there_once() -> None:
    names = [row.where for row in (*ROWS, *ELSEWHERE)]
    assert len(names) == len(set(names)) == 49
    assert len({row.id for row in ROWS}) == len(ROWS)


def test_the_page_is_that_of_these_rows() -> None:
    assert bug_corpus.PAGE.read_text(encoding="utf-8") == bug_corpus.page()
