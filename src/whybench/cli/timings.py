"""The timing profile on the terminal."""

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from whybench.store import Store
from whybench.timing import block_timings, profile_table


def print_timings(console: Console, store: Store, suite: str) -> None:
    """What timing runs of a suite measured, one table a block; nothing where it was never timed."""
    for block in block_timings(store, suite):
        profile = profile_table(block)
        drawn = Table(title=escape(profile.title), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
        for i, header in enumerate(profile.headers):
            drawn.add_column(escape(header), justify="right" if i else "left", overflow="fold")
        for row in profile.rows:
            drawn.add_row(*map(escape, row))
        console.print(drawn)
        for note in profile.notes:
            console.print(note, markup=False, highlight=False, style="dim")
        console.print()
