"""Tables on a page, each with its files: CSV and JSON to compute with, LaTeX and Markdown to print."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import pandas as pd

from whybench.leaderboard import Table
from whybench.leaderboard.figures import DASH
from whybench.leaderboard.markup import csv_table, csv_text, latex, markdown
from whybench.report.cells import Cell, cell
from whybench.report.folder import Folder
from whybench.report.pictures import Download
from whybench.report.tables import CONTROL, Line, cut

Address = Callable[[str, str], str | None]
"""Where the page of a thing lies, from the heading of its section (`model on dataset`) and its name."""


@dataclass(frozen=True)
class Header:
    """numeric: whether the column holds numbers, which stand at its right; tells: whether only some of them are top."""

    text: str
    numeric: bool
    tells: bool


@dataclass(frozen=True)
class Row:
    """name: which cell is the row's header."""

    cells: tuple[Cell, ...]
    name: int
    control: bool


@dataclass(frozen=True)
class Section:
    """Rows under the heading of one block."""

    heading: str
    link: str | None
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Sheet:
    """A table as a template draws it; prose: its cells hold sentences."""

    id: str
    caption: str
    headers: tuple[Header, ...]
    sections: tuple[Section, ...]
    notes: tuple[str, ...]
    downloads: tuple[Download, ...]
    prose: bool = False


@dataclass(frozen=True)
class Sheets:
    """Makes sheets and writes their files to a folder; controls: the names of methods that are controls."""

    folder: Folder
    controls: frozenset[str]

    def make(
        self,
        table: Table,
        name: str,
        caption: str,
        rows: pd.DataFrame | None = None,
        address: Address = lambda heading, name: None,
        blocks: Mapping[str, str] | None = None,
        prose: bool = False,
        cells: Address = lambda header, name: None,
    ) -> Sheet:
        """A sheet of `table`, with its files tables/`name`.csv, .json, .tex and .md.

        rows: what CSV and JSON hold to seven digits, in place of the table's text; address: where names and what
        stands in their rows link to; cells: where they link to otherwise, by the header of their column and the name
        in their row; blocks: the pages of the blocks by their headings, without which a single section has none.
        """
        parts = cut(table, sorted(self.controls))
        headings = blocks is not None or len(parts.sections) > 1
        sections = [
            Section(
                part.heading if headings else "",
                (blocks or {}).get(part.heading),
                tuple(_row(line, parts.headers, part.heading, address, cells) for line in part.lines),
            )
            for part in parts.sections
        ]
        drawn = [row.cells for section in sections for row in section.rows]
        headers = tuple(_header(text, [row[k] for row in drawn]) for k, text in enumerate(parts.headers))
        files = self._files(table, name, shown(table) if rows is None else rows)
        called = PurePosixPath(files[0].link).stem  # as its files are, and no other table
        return Sheet(f"table-{called}", caption, headers, tuple(sections), table.notes, files, prose)

    def _files(self, table: Table, name: str, frame: pd.DataFrame) -> tuple[Download, ...]:
        short = frame.map(rounded)
        made = {"csv": csv(short), "json": records(short), "tex": latex(table), "md": markdown(table)}
        called = {"csv": "CSV", "json": "JSON", "tex": "LaTeX", "md": "Markdown"}
        return tuple(
            Download(self.folder.text(self.folder.file("tables", name, ending=ending), text), called[ending])
            for ending, text in made.items()
        )


def _row(line: Line, headers: Sequence[str], heading: str, address: Address, cells: Address) -> Row:
    name = line.cells[line.name].removesuffix(CONTROL) if line.cells else ""
    whole = address(heading, name)
    made = (
        cell(text, cells(header, name) or whole) if text else Cell("")
        for text, header in zip(line.cells, headers, strict=True)
    )
    return Row(tuple(made), line.name, line.control)


def _header(text: str, cells: Sequence[Cell]) -> Header:
    """A column is numeric where most of what it holds are numbers."""
    held = [c for c in cells if c.head and not c.head.startswith(DASH)]
    numbers = [c for c in held if c.value is not None]
    return Header(text, 2 * len(numbers) > len(held), len({c.top for c in numbers}) > 1)


def shown(table: Table) -> pd.DataFrame:
    """What a table shows, as columns: the numbers of a column in one, what stands behind them in another.

    >>> rows = (("a", "0.5 ± 0.1 a"), ("b", "0.2 ± 0.1 b"), ("c", "failed"))
    >>> print(shown(Table("", ("method", "mean"), rows)).to_csv(index=False), end="")
    method,mean,mean: more
    a,0.5,± 0.1 a
    b,0.2,± 0.1 b
    c,,failed
    """
    columns: dict[str, list[str | float | None]] = {}
    for k, text in enumerate(table.headers):
        cells = [cell(row[k]) for row in table.rows]
        header = _header(text, cells)
        columns[text] = [c.value if header.numeric else row[k] for c, row in zip(cells, table.rows, strict=True)]
        more = [(c.tail if c.value is not None else c.head).strip() for c in cells]
        if header.numeric and any(more):
            columns[f"{text}: more"] = [*more]
    return pd.DataFrame(columns)


def rounded(value: Any) -> Any:
    """A number to seven digits, which is more than its interval tells; board.csv and the records hold all of them.

    >>> rounded(0.123456789012), rounded(12), rounded("0.123456789012")
    (0.1234568, 12, '0.123456789012')
    """
    return float(f"{value:.7g}") if isinstance(value, float) else value


def csv(frame: pd.DataFrame) -> str:
    """A frame as CSV, nothing for a missing value."""
    return csv_table([csv_text(str(name)) for name in frame.columns], _plain(frame).itertuples(index=False, name=None))


def records(frame: pd.DataFrame) -> str:
    """A frame as JSON, columns and data: what pandas.read_json(orient='split') reads."""
    return json_rows(list(map(str, frame.columns)), _plain(frame).itertuples(index=False, name=None))


def json_rows(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Rows as JSON, one a line, with nothing between its marks."""

    def line(cells: Sequence[object]) -> str:
        return json.dumps(list(cells), allow_nan=False, separators=(",", ":"))

    return f'{{"columns":{line(columns)},\n"data":[\n' + ",\n".join(map(line, rows)) + "\n]}\n"


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.astype(object).where(frame.notna(), None)
