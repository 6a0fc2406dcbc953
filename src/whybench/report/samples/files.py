"""A drill-down table as files: CSV and JSON of every sample, LaTeX of what the page shows."""

from collections.abc import Sequence

from whybench.leaderboard import Table
from whybench.leaderboard.markup import csv_table, latex
from whybench.report.folder import Folder
from whybench.report.pictures import Download
from whybench.report.samples.kept import Samples
from whybench.report.samples.rows import Row
from whybench.report.samples.scores import Column
from whybench.report.sheets import json_rows, rounded

LINE = tuple[str | float | None, ...]


def score_files(
    folder: Folder, stem: str, title: str, columns: Sequence[Column], rows: Sequence[Row], samples: Samples
) -> tuple[Download, ...]:
    """Write the files `stem`.csv, .json and .tex of one method's scores in a block."""
    names = ["sample", "label", *(c.name for c in columns)]
    lines = every(columns, samples)
    table = printed(title, columns, rows, len(samples.ids))
    made = {
        "csv": ("CSV", csv_table(names, lines)),
        "json": ("JSON", json_rows(names, lines)),
        "tex": ("LaTeX", latex(table)),
    }
    (folder.root / stem).parent.mkdir(parents=True, exist_ok=True)
    return tuple(
        Download(folder.text(folder.root / f"{stem}.{ending}", text), called) for ending, (called, text) in made.items()
    )


def every(columns: Sequence[Column], samples: Samples) -> list[LINE]:
    """Every sample of the block, also those without a row on the page; None for what is undefined."""
    return [(s, samples.label(s), *(rounded(c.entry.values.get(s)) for c in columns)) for s in samples.ids]


def printed(title: str, columns: Sequence[Column], rows: Sequence[Row], count: int) -> Table:
    """The rows of the page with their means; count: how many samples there are."""
    told = any(row.label for row in rows)
    headers = ("sample", *(["label"] if told else []), *(column.header for column in columns))
    lines = [(row.sample, *([row.label] if told else []), *(noted.cell.text for noted in row.cells)) for row in rows]
    means = ("mean", *([""] if told else []), *(column.mean for column in columns))
    notes = (f"The first {len(rows)} of {count} samples; the mean is over all of them.",) if len(rows) < count else ()
    return Table(title, headers, (*lines, means), notes)
