"""Exit codes."""

from enum import IntEnum

from whybench.errors import NothingSelected, NotWritable, Refused, StoreFull, WhybenchError


class Exit(IntEnum):
    """Exit codes: stable, so that scripts may rely on them."""

    OK = 0
    REGRESSION = 1
    USAGE = 2
    FAILED_CELLS = 3
    NOTHING_SELECTED = 4
    DISK = 74
    INTERRUPTED = 130


def code_of(error: WhybenchError) -> Exit:
    """The exit code of an error on purpose."""
    if isinstance(error, NothingSelected):
        return Exit.NOTHING_SELECTED
    if isinstance(error, Refused):
        return Exit.REGRESSION
    return Exit.DISK if isinstance(error, StoreFull | NotWritable) else Exit.USAGE
