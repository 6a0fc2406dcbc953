"""The published timing profile on the terminal."""

from rich.console import Console

from whybench.cli.boards import print_table
from whybench.store import Store
from whybench.timing import block_timings, profile_table


def print_timings(console: Console, store: Store, suite: str) -> None:
    """What timing runs of a suite measured, one table a block; nothing where it was never timed."""
    said: set[str] = set()
    for block in block_timings(store, suite):
        controls = sorted({timed.method for timed in block.contenders if timed.control})
        print_table(console, profile_table(block), controls, said)
