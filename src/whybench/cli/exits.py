"""Exit codes."""

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes: stable, so that scripts may rely on them."""

    OK = 0
    REGRESSION = 1
    USAGE = 2
    FAILED_CELLS = 3
    NOTHING_SELECTED = 4
    DISK = 74
    INTERRUPTED = 130
