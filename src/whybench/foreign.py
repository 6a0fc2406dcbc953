"""Code that is not ours may raise anything: it comes out as one sentence that says what and where."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from traceback import walk_tb

from whybench.errors import BadInput, WhybenchError

LONGEST = 300
"""Messages of others are cut to so many characters."""
NOT_THEIRS = {"numpy", "torch", "whybench", *sys.stdlib_module_names}
"""Packages whose lines tell a user nothing."""


@contextmanager
def foreign(saying: str) -> Iterator[None]:
    """Run a user's code; what it raises comes out as BadInput: `saying`, the error, and the line that raised it."""
    try:
        yield
    except WhybenchError:
        raise
    except Exception as error:
        raise BadInput(f"{saying}: {told(error)}") from error


def told(error: Exception) -> str:
    """An error as one line, with the innermost line of the user's own code where there is one.

    >>> told(ValueError("too\\n few"))
    'ValueError: too few'
    """
    text = " ".join(str(error).split())
    said = f"{type(error).__name__}: {text[:LONGEST]}" if text else type(error).__name__
    lines = [
        f" ({Path(frame.f_code.co_filename).name}, line {number})"
        for frame, number in walk_tb(error.__traceback__)
        if str(frame.f_globals.get("__name__")).split(".")[0] not in NOT_THEIRS
    ]
    return said + "".join(lines[-1:])
