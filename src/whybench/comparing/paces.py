"""How the time of each method moved: the ratio of B to A, its interval, and the noise floor."""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

import numpy as np

from whybench.comparing.machines import other_machine
from whybench.comparing.ratios import median_ratio
from whybench.comparing.side import Side
from whybench.digests import canonical_json
from whybench.errors import NothingSelected, UsageError
from whybench.leaderboard.variants import Variant
from whybench.statistics import MedianInterval
from whybench.statistics.values import Array
from whybench.timing.profile import noise_floor
from whybench.timing.records import BlockTiming, Clock, Timed


class Pace(NamedTuple):
    """One method on one model and dataset.

    ratio, low, high: B / A with its 95 % interval; floor: a factor of at least 1 by which equal work differed from
    itself (A / A); verdict: slower or faster where the whole interval lies beyond the floor, `=` where it does not.
    """

    dataset: str
    model: str
    method: Variant
    ratio: float
    low: float
    high: float
    floor: float
    verdict: Literal["slower", "faster", "="]


def pace(place: tuple[str, str], method: Variant, ratio: MedianInterval, floor: float) -> Pace:
    """One method's pace, judged."""
    beyond = "slower" if ratio.low > floor else "faster" if ratio.high < 1 / floor else "="
    return Pace(*place, method, *ratio, floor, beyond)  # type: ignore[arg-type]


def stored_paces(a: Side, b: Side, anywhere: bool = False, clock: Clock = "wall") -> list[Pace]:
    """The paces of two sides that were timed one after the other, each in interleaved rounds of its own.

    What is compared are multiples of the bare forward pass in the same round, so that a machine that was slower as a
    whole moves nothing; the floor is the larger one of the two sides.

    Raises UsageError where a side was not timed, or where the machines differ and `anywhere` does not allow it;
    NothingSelected where they timed nothing in common.
    """
    timed: list[Sequence[BlockTiming]] = []
    for letter, side in (("A", a), ("B", b)):
        if side.timings is None:
            raise UsageError(f"{letter}, {side.name}, holds no timing rounds: exports do not; name the store instead")
        if not side.timings:
            raise UsageError(f"{letter}, {side.name}, was never timed; do that with: whybench run SUITE --timing")
        timed.append(side.timings)
    both = [(x, y) for x in timed[0] if (y := _likest(x, timed[1])) is not None]
    for x, y in both:
        differing = other_machine(x, y)
        if differing and not anywhere:
            raise UsageError(
                f"{x.model} on {x.dataset} was timed on different machines ({'; '.join(differing)}); run both on one, "
                "or compare them all the same with --other-machine"
            )
    found = [one for x, y in both for one in _paces(x, y, clock)]
    if not found:
        raise NothingSelected("A and B timed no method in common on one model and dataset; time both alike")
    return found


def _likest(block: BlockTiming, others: Iterable[BlockTiming]) -> BlockTiming | None:
    """The same model and samples on the other side, on the same machine if they were timed there."""
    alike = [o for o in others if (o.dataset, o.model, o.samples) == (block.dataset, block.model, block.samples)]
    return min(alike, key=lambda o: len(other_machine(block, o)), default=None)


def _paces(a: BlockTiming, b: BlockTiming, clock: Clock) -> Iterable[Pace]:
    floors = [noise_floor(block, clock) for block in (a, b)]
    known = {method_of(t): t for t in b.contenders if t.what == "method"}
    for timed in a.contenders:
        other = known.get(method_of(timed)) if timed.what == "method" else None
        before, after = multiples(a, timed, clock), multiples(b, other, clock)
        if len(before) and len(after):
            floor = max(f for f in (*floors, 1.0) if f is not None)
            yield pace((a.dataset, a.model), method_of(timed), median_ratio(after, before), floor)


def method_of(timed: Timed) -> Variant:
    """A contender's method with its parameters."""
    return Variant(timed.method, canonical_json(timed.method_parameters))


def multiples(block: BlockTiming, timed: Timed | None, clock: Clock) -> Array:
    """A contender's laps as multiples of the bare forward pass of the same round; empty where it has none."""
    bare = block.contender("bare forward")
    own: Sequence[float] = () if timed is None else timed.laps(clock)
    base: Sequence[float] = () if bare is None else bare.laps(clock)
    return np.array(own) / np.array(base) if own and len(own) == len(base) else np.array([])
