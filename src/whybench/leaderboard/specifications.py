"""The specifications under which a board holds one metric: its parameters, and how the maps are read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from whybench.digests import canonical_json
from whybench.leaderboard.contest import Block, Contest
from whybench.leaderboard.entry import Entry
from whybench.leaderboard.variants import Variant, differing

READING = "polarity"
"""The parameter of a method that says how its maps are read: a choice of whoever measures, like those of a metric."""


@dataclass(frozen=True, eq=False)
class Specification:
    """One way to measure. choices: what tells it from the others, by name; entries: whole ones by method."""

    contest: Contest
    choices: Mapping[str, object]
    entries: Mapping[Variant, Entry]


@dataclass(frozen=True, eq=False)
class Swept:
    """A metric under two specifications or more, in one block."""

    block: Block
    family: str
    metric: str
    specifications: tuple[Specification, ...]


def unread(method: Variant) -> Variant:
    """A method whatever its maps are read as."""
    return Variant(method.name, canonical_json({k: v for k, v in method.values().items() if k != READING}))


def swept(contests: Sequence[Contest]) -> list[Swept]:
    """Every ranked metric that a block holds under two specifications or more, in the order of the board.

    Where a block holds methods under both readings, each reading is a choice: a method that is there under one only
    stands in both with it.
    """
    grouped: dict[tuple[Block, str, str], list[Contest]] = {}
    for contest in (c for c in contests if c.ranked):
        grouped.setdefault((contest.block, contest.family, contest.metric.name), []).append(contest)
    found = [Swept(*key, _specifications(same)) for key, same in grouped.items()]
    return [one for one in found if len(one.specifications) > 1]


def _specifications(contests: Sequence[Contest]) -> tuple[Specification, ...]:
    keys = sorted(differing(c.metric for c in contests))
    several = {method: read for method, read in _readings(contests).items() if len(read) > 1}
    made = []
    for contest in contests:
        values = contest.metric.values()
        choices = {key: values[key] for key in keys if key in values}
        if not several:
            made.append(Specification(contest, choices, {e.method: e for e in contest.pool}))
        for reading in sorted(set[str]().union(*several.values())):
            entries = {unread(e.method): e for e in contest.pool if _stands(e.method, several, reading)}
            made.append(Specification(contest, choices | {READING: reading}, entries))
    return tuple(made)


def _readings(contests: Sequence[Contest]) -> dict[Variant, set[str]]:
    found: dict[Variant, set[str]] = {}
    for method in {e.method for c in contests for e in c.entries}:
        found.setdefault(unread(method), set()).add(str(method.values().get(READING)))
    return found


def _stands(method: Variant, several: Mapping[Variant, set[str]], reading: str) -> bool:
    """Whether a method stands for itself under a reading."""
    return unread(method) not in several or method.values().get(READING) == reading
