"""Tables cut into their blocks, for the page and the terminal."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from whybench.leaderboard import Table

PLACE = ("dataset", "model")
"""The leading columns that say where a row belongs."""
CONTROL = " (control)"


@dataclass(frozen=True)
class Line:
    """A row without its place; name: which cell is the method's."""

    cells: tuple[str, ...]
    name: int
    control: bool


@dataclass(frozen=True)
class Section:
    """The rows of one model on one dataset."""

    heading: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class CutTable:
    """A table whose place columns have become headings of sections."""

    title: str
    headers: tuple[str, ...]
    sections: tuple[Section, ...]
    notes: tuple[str, ...]


def cut(table: Table, controls: Sequence[str] = ()) -> CutTable:
    """`table` by its place columns; rows whose method is among `controls`, or says so, are marked."""
    places = [table.headers.index(name) for name in PLACE if name in table.headers]
    rest = [i for i in range(len(table.headers)) if i not in places]
    name = next((k for k, i in enumerate(rest) if table.headers[i] == "method"), 0)
    sections = []
    for place, rows in groupby(table.rows, key=lambda row: tuple(row[i] for i in places)):
        lines = []
        for row in rows:
            cells = tuple(row[i] for i in rest)
            method = cells[name] if cells else ""
            lines.append(Line(cells, name, method.endswith(CONTROL) or method in controls))
        sections.append(Section(" on ".join(reversed(place)), tuple(lines)))
    return CutTable(table.title, tuple(table.headers[i] for i in rest), tuple(sections), table.notes)
