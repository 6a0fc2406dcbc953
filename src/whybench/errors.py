"""Everything that whybench raises on purpose.

WhybenchError
├── UsageError            a name, a parameter or an input that cannot be used
│   ├── UnknownName       no such method, metric, model, dataset, suite or kind
│   ├── DuplicateName     one name registered twice
│   ├── BadParameter      a hyper-parameter outside its allowed values
│   └── BadInput          inputs, targets or model outputs of the wrong shape, type or value
├── NothingSelected       a request that no cell answers
├── Unsupported           a pair that cannot run together; becomes a row with this reason
├── BadExplanation        a method returned something that is no explanation of its kind
├── BadScores             a metric returned something that is no score
├── MissingExtra          an optional dependency that is not installed
├── Refused               a published folder that contradicts itself, or what is asked of it
└── StoreError            a store that cannot be opened, read or written
    ├── StoreFull         the disk under the store has no room left
    └── NotWritable       the place of a store, report or export cannot be written

Every message names the offending value and the way out.
"""

import reprlib
from difflib import get_close_matches

_SHORT = reprlib.Repr()
_SHORT.maxstring, _SHORT.maxother = 200, 100


def shown(value: object) -> str:
    """A value as a message shows it: on one line, cut short where it is long.

    >>> shown(list(range(1000)))
    '[0, 1, 2, 3, 4, 5, ...]'
    """
    return " ".join(_SHORT.repr(value).split())


class WhybenchError(Exception):
    """The root of all errors that whybench raises on purpose."""


class UsageError(WhybenchError):
    """The caller asked for something that cannot be."""


MANY = 150
"""More known names than this are counted in place of listed."""


class UnknownName(UsageError):
    """A name that is not registered; the message shows close matches, and the whole list unless it is long."""

    def __init__(self, kind: str, name: str, known: list[str]) -> None:
        close = get_close_matches(name, sorted(set(known)), n=3, cutoff=0.5)
        hint = f" Did you mean {' or '.join(close)}?" if close else ""
        if name.endswith(".py"):
            hint = f" To name what is in a file, write {name}:ATTRIBUTE."
        names = sorted(set(known))
        listed = f"Known: {', '.join(names) or 'none'}."
        many = f"{len(names)} names are known; `whybench list` shows them."
        super().__init__(f"unknown {kind} {name!r}.{hint} {many if len(names) > MANY else listed}")


class DuplicateName(UsageError):
    """One name registered from two places."""


class BadParameter(UsageError):
    """A hyper-parameter outside its allowed values."""


class BadInput(UsageError):
    """Inputs, targets or model outputs of the wrong shape, type or value."""


class NothingSelected(WhybenchError):
    """A request that no cell answers."""


class Unsupported(WhybenchError):
    """A pair that cannot run together; it becomes a row with this reason."""


class BadExplanation(WhybenchError):
    """A method returned something that is no explanation of its kind."""


class BadScores(WhybenchError):
    """A metric returned something that is no score."""


class MissingExtra(WhybenchError):
    """An optional dependency that is not installed."""

    def __init__(self, package: str, extra: str | None = None) -> None:
        wanted = f"'whybench[{extra}]'" if extra else package
        super().__init__(f"{package} is not installed; install it with: python -m pip install {wanted}")


class Refused(WhybenchError):
    """A published folder that contradicts itself, or what is asked of it; the message lists the reasons."""


class StoreError(WhybenchError):
    """A store that cannot be opened, read or written."""


class StoreFull(StoreError):
    """The disk under the store has no room left; everything stored before is intact."""


class NotWritable(StoreError):
    """The place of a store, report or export cannot be written; everything stored before is intact."""
