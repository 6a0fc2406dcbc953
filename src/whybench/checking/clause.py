"""A clause: one promise, in words and as a function that tries to break it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from whybench.errors import WhybenchError

Sort = Literal["method", "metric", "model", "dataset"]
Verdict = Literal["passed", "failed", "declared", "not applicable"]
Attempt = Callable[[Any], None]
A = TypeVar("A", bound=Attempt)


class Broken(WhybenchError):
    """A clause does not hold; the message is the offending values."""


class Inapplicable(WhybenchError):
    """A clause says nothing about this; the message is why."""


@dataclass(frozen=True)
class Clause:
    """One promise.

    id: C1 to C31; sort: of what; promise: what holds, in words; remedy: what to do where it does not; on: the scenes
    that it is tried on, by name; attempt: returns where the promise holds on one scene, raises Broken where it does
    not and Inapplicable where it says nothing.
    """

    id: str
    sort: Sort
    name: str
    promise: str
    remedy: str
    on: tuple[str, ...]
    attempt: Attempt


CLAUSES: list[Clause] = []
"""Every clause, in the order of its file."""


def clause(
    number: int, sort: Sort, name: str, promise: str, remedy: str, on: tuple[str, ...] = ("",)
) -> Callable[[A], A]:
    """File a function as the attempt of a clause."""

    def keep(attempt: A) -> A:
        CLAUSES.append(Clause(f"C{number}", sort, name, promise, remedy, on, attempt))
        return attempt

    return keep


def clauses(sort: Sort) -> list[Clause]:
    """The clauses of one sort by number."""
    return sorted((each for each in CLAUSES if each.sort == sort), key=lambda each: int(each.id[1:]))


def insist(holds: bool, values: str) -> None:
    """Raise Broken, with the offending values, unless `holds`."""
    if not holds:
        raise Broken(values)
