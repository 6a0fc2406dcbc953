"""Two versions timed in interleaved rounds, one of them twice: what it differs from itself is noise."""

from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Protocol

import numpy as np

from whybench.comparing.paces import Pace, method_of, pace
from whybench.errors import BadParameter, NothingSelected
from whybench.leaderboard.variants import Variant
from whybench.statistics import median_interval
from whybench.statistics.values import Array
from whybench.streams import Streams
from whybench.timing.records import BlockTiming, Clock

ROUNDS = 6
"""With less, an interval is the range of the rounds and covers less than 95 %."""
TURNS = ("A", "B", "A again")

Place = tuple[str, str, Variant]


class Timer(Protocol):
    """Something that times what it is asked for once more."""

    def __call__(self) -> Sequence[BlockTiming]: ...


def interleaved_paces(
    a: Timer,
    b: Timer,
    rounds: int = ROUNDS,
    clock: Clock = "wall",
    tell: Callable[[str], None] = lambda text: None,
) -> list[Pace]:
    """Time A, B and A once more in every round, in an order drawn anew, each in a process of its own.

    A method's number of a turn is the median of its laps. The ratio is the median over rounds of B / A in the same
    round, with its 95 % interval; the floor is the further end of the interval of A / A, whichever way round.

    Raises BadParameter for less than one round, NothingSelected where they time nothing in common.
    """
    if rounds < 1:
        raise BadParameter(f"--rounds={rounds}; at least 1 is needed")
    laps: dict[str, list[Mapping[Place, float]]] = {turn: [] for turn in TURNS}
    for number in range(rounds):
        for place in Streams(0).permutation("comparing/order", str(number), 0, len(TURNS)).tolist():
            turn = TURNS[place]
            tell(f"timing round {number + 1} of {rounds}: {turn}")
            laps[turn].append(_seconds((b if turn == "B" else a)(), clock))
    common = [p for p in laps["A"][0] if all(p in one for turns in laps.values() for one in turns)]
    if not common:
        raise NothingSelected("A and B time no method in common on one model and dataset; run both alike")
    return [_pace(p, {turn: np.array([one[p] for one in laps[turn]]) for turn in TURNS}) for p in common]


def _pace(place: Place, laps: Mapping[str, Array]) -> Pace:
    noise = median_interval(laps["A again"] / laps["A"])
    dataset, model, method = place
    ratio = median_interval(laps["B"] / laps["A"])
    return pace((dataset, model), method, ratio, max(noise.high, 1 / noise.low))


def _seconds(blocks: Sequence[BlockTiming], clock: Clock) -> dict[Place, float]:
    """Seconds of each method, the median of its laps."""
    return {
        (block.dataset, block.model, method_of(timed)): median(timed.laps(clock))
        for block in blocks
        for timed in block.contenders
        if timed.what == "method" and timed.laps(clock)
    }
