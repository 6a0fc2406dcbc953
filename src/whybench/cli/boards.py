"""Leaderboards on the terminal."""

import sys
from collections.abc import Iterable, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from whybench.leaderboard import Leaderboard, Table
from whybench.leaderboard.markup import printable
from whybench.report.tables import CutTable, Section, cut

LONGEST = 40
"""Characters of a column, and of a header's line; longer text goes on in the next line."""
FEWEST = 8
"""Characters of the narrowest column."""
NOTES = 8
"""Notes below a table before the rest are left to the report."""
PIPED = 120
"""Columns where there is no terminal."""
GAP = 2
"""Characters between columns."""


def terminal() -> Console:
    """The terminal in its own width; a file or a pipe in `PIPED` columns."""
    console = Console()
    return console if console.is_terminal else Console(width=PIPED)


def print_board(console: Console, board: Leaderboard, full: bool = False) -> None:
    """A table a metric family, then the timing profile and the claim; `full` shows every metric, note and cost."""
    said: set[str] = set()
    controls = sorted({e.method.name for c in board.contests for e in c.entries if e.control})
    for family in board.families:
        for table in [board.table(family)] if full else board.summary(family):
            print_table(console, table, controls, said)
    for timing in board.timing_tables() if full else [board.timing_summary()]:
        if timing.rows:
            print_table(console, timing, controls, said)
    console.print(_text("CLAIM", "bold"))
    for line in board.claim().splitlines():
        console.print(_text(line))


def print_table(console: Console, table: Table, controls: Sequence[str], said: set[str]) -> None:
    """One table, a section a model and dataset, with those of its notes that are not yet among `said`."""
    shown = cut(table, controls)
    console.print()
    console.print(_text(shown.title.upper(), "bold"))
    for section in shown.sections:
        if section.heading:
            console.print(_text(section.heading, "bold cyan"))
        for columns in _fitting(shown, console.width):
            console.print(_grid(shown, section, columns))
            console.print()
    _print_notes(console, [note for note in shown.notes if note not in said])
    said.update(shown.notes)


def print_board_json(board: Leaderboard) -> None:
    """The board as JSON on standard output, and nothing else."""
    sys.stdout.write(board.to_json())


def _grid(table: CutTable, section: Section, columns: Sequence[int]) -> Grid:
    grid = Grid(box=SIMPLE_HEAD, pad_edge=False, padding=(0, GAP - 1, 0, 0), show_edge=False)
    for i in columns:
        grid.add_column(_text(table.headers[i], "bold"), overflow="fold", width=_width(table, i), vertical="bottom")
    for line in section.lines:
        style = "dim italic" if line.control else ""
        grid.add_row(*(_text(line.cells[i], style) for i in columns))
    return grid


def _fitting(table: CutTable, width: int) -> Iterable[list[int]]:
    """Columns in groups that fit a terminal, each group beginning with the method's name."""
    name = next((line.name for section in table.sections for line in section.lines), 0)
    wide = [_width(table, i) + GAP for i in range(len(table.headers))]
    group, used = [name], wide[name]
    for i in range(len(table.headers)):
        if i == name:
            continue
        if len(group) > 1 and used + wide[i] - GAP > width:
            yield group
            group, used = [name], wide[name]
        group.append(i)
        used += wide[i]
    yield group


def _width(table: CutTable, column: int) -> int:
    """Characters that a column takes: its widest cell or its header's longest word."""
    cells = [len(printable(line.cells[column])) for section in table.sections for line in section.lines]
    words = [len(word) for word in printable(table.headers[column]).split()]
    return min(LONGEST, max([FEWEST, *cells, *words]))


def _print_notes(console: Console, notes: Sequence[str]) -> None:
    """Flags first and in colour; beyond `NOTES` the rest is counted."""
    flags = [note for note in notes if note.startswith("Flag")]
    others = [note for note in notes if not note.startswith("Flag")]
    for note in flags:
        console.print(_text(f"! {note}", "yellow"))
    for note in others[:NOTES]:
        console.print(_text(f"- {note}", "dim"))
    if len(others) > NOTES:
        console.print(_text(f"- {len(others) - NOTES} more notes are in the report.", "dim"))


def _text(content: str, style: str = "") -> Text:
    """Text that is shown as it is: no markup, no control characters."""
    return Text(printable(content), style=style)
