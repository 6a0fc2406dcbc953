"""Known bugs and the clause that catches each: python benchmarks/bug_corpus.py writes docs/bug_corpus.md."""

import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "corpus"))

from corpus_elsewhere import ELSEWHERE
from corpus_of_data import DATASETS
from corpus_of_methods import METHODS
from corpus_of_metrics import METRICS
from corpus_row import Row

from whybench.checking import clauses
from whybench.checking.clause import Sort

PAGE = Path(__file__).resolve().parent.parent / "docs" / "bug_corpus.md"
TABLES: tuple[tuple[str, Sort, tuple[Row, ...]], ...] = (
    ("Methods", "method", METHODS),
    ("Metrics", "metric", METRICS),
    ("Datasets", "dataset", DATASETS),
)
ABOUT = """# The bug corpus

Made by `python benchmarks/bug_corpus.py` from `tests/corpus/`: {rows} known bugs of the field, each a test that is
called after project and thread. What is checked keeps the clause of `whybench check`; a small variant with the bug put
back breaks it, or, where no clause can speak of it, the test that is named. The threads are those of the projects, the
variants are ours.
"""


def page() -> str:
    """The whole page."""
    return "\n".join([ABOUT.format(rows=sum(len(rows) for *_, rows in TABLES) + len(ELSEWHERE)), *_tables(), ""])


def _tables() -> Iterator[str]:
    for title, sort, rows in TABLES:
        names = {clause.id: clause.name for clause in clauses(sort)}
        yield from (f"## {title}", "", "| bug | project | checked on | clause |", "| --- | --- | --- | --- |")
        yield from (_line(row, names[row.clause]) for row in rows)
        yield ""
    yield from ("## Outside of what is checked", "", "| bug | project | test |", "| --- | --- | --- |")
    yield from (f"| {row.what} | {row.where} | `{row.test}` |" for row in ELSEWHERE)


def _line(row: Row, name: str) -> str:
    return f"| {row.what} | {row.where} | `{row.sound}` | {row.clause} {name} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
