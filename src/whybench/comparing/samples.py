"""One cell's samples, one by one: a single broken sample is a regression that no test of means sees."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from whybench.comparing.tolerance import Tolerance
from whybench.records import SampleScore

Direction = Literal["better", "worse", "mixed", "unknown", "none"]
"""`unknown` where nobody says which way the metric is better, `none` where nothing moved."""

MISSING = "missing"
STANDING = {"ok": 2, "censored": 1, "undefined": 0, MISSING: 0}
"""How much a sample's status says: a measured score, a bound, nothing."""


@dataclass(frozen=True)
class MovedSample:
    """A sample whose score, or its status, is no longer what it was; a score is None where there is none."""

    sample_id: str
    before: float | None
    after: float | None
    before_status: str
    after_status: str
    direction: Direction


def moved_samples(
    before: Mapping[str, SampleScore],
    after: Mapping[str, SampleScore],
    tolerance: Tolerance,
    higher_is_better: bool | None,
    common: bool,
) -> tuple[MovedSample, ...]:
    """The samples beyond the tolerance, those that fell furthest first.

    A sample that lost its value, or is gone, is worse; one that gained it, or became a measured score from a bound,
    is better. common: samples that one side lacks are not looked at.
    """
    ids = [i for i in before if i in after] if common else list(dict.fromkeys([*before, *after]))
    found = [_moved(i, before.get(i), after.get(i), tolerance, higher_is_better) for i in ids]
    return tuple(sorted((m for m in found if m is not None), key=_gravity))


def direction_of(change: float, higher_is_better: bool | None) -> Direction:
    """Which way a difference, after minus before, goes.

    >>> direction_of(-0.5, higher_is_better=False)
    'better'
    """
    if change == 0:
        return "none"
    if higher_is_better is None:
        return "unknown"
    return "better" if (change > 0) == higher_is_better else "worse"


def overall(moved: tuple[MovedSample, ...]) -> Direction:
    """Which way samples go together: `mixed` where they disagree."""
    ways = {m.direction for m in moved} - {"none"}
    if len(ways) == 1:
        return ways.pop()
    return "mixed" if ways else "none"


def _moved(
    name: str, a: SampleScore | None, b: SampleScore | None, tolerance: Tolerance, higher: bool | None
) -> MovedSample | None:
    old, new = (MISSING if s is None else s.status for s in (a, b))
    before, after = (None if s is None else s.score for s in (a, b))
    if before is not None and after is not None:
        same = tolerance.holds(before, after)
        if same and old == new:
            return None
        if not same:
            return MovedSample(name, before, after, old, new, direction_of(after - before, higher))
    elif old == new:
        return None
    change = STANDING[new] - STANDING[old]
    way: Direction = "worse" if change < 0 or new == MISSING else "better" if change > 0 else "none"
    return MovedSample(name, before, after, old, new, way)


def _gravity(moved: MovedSample) -> tuple[float, str]:
    """A sort key: lost values first, then by distance."""
    if moved.before is None or moved.after is None:
        return -float("inf"), moved.sample_id
    return -abs(moved.after - moved.before), moved.sample_id
