"""Rounds: every contender once, in a new order each time, so that what slows the machine slows all alike."""

import gc
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from math import ceil
from typing import Any

import torch

from whybench.clock import Lap, lap
from whybench.errors import BadParameter
from whybench.streams import Streams

MOST_REPEATS = 1000


@dataclass(frozen=True)
class Rounds:
    """How often contenders are timed.

    most: rounds; least: rounds that are run even past the budget; budget: seconds for all rounds of a block;
    shortest: seconds of a lap; what takes less is called several times a lap.
    """

    most: int = 7
    least: int = 3
    budget: float = 120.0
    shortest: float = 0.1

    def __post_init__(self) -> None:
        if not 1 <= self.least <= self.most:
            raise BadParameter(f"rounds: least={self.least}, most={self.most}; 1 <= least <= most is needed")


@dataclass(eq=False)
class Contender:
    """Something to be timed, and its laps.

    work: what is timed; check: looks at what `work` returned and raises where it is wrong; around: what is entered
    before each lap and left after it; warm_up: seconds of the call before all laps; repeats: calls a lap; error: what
    `work` or `check` raised, after which it is left out.
    """

    work: Callable[[], Any]
    check: Callable[[Any], None]
    around: Callable[[], AbstractContextManager[None]] = nullcontext
    warm_up: float = 0.0
    repeats: int = 1
    laps: list[Lap] = field(default_factory=list)
    error: Exception | None = None


def race(
    contenders: Sequence[Contender],
    rounds: Rounds,
    device: torch.device | str,
    streams: Streams,
    tell: Callable[[int], None],
) -> int:
    """Time all contenders round by round; returns how many rounds there were.

    The order in a round is a permutation drawn from `streams`. After `rounds.least` rounds none is begun that would
    go over the budget. `tell` hears of each round before it begins.
    """
    gc.collect()
    gc.freeze()  # what is there already is not looked at again before every lap
    try:
        for contender in contenders:
            _calibrate(contender, rounds.shortest, device)
        return _rounds(contenders, rounds, device, streams, tell)
    finally:
        gc.unfreeze()


def _rounds(
    contenders: Sequence[Contender],
    rounds: Rounds,
    device: torch.device | str,
    streams: Streams,
    tell: Callable[[int], None],
) -> int:
    start = time.perf_counter()
    for done in range(rounds.most):
        spent = time.perf_counter() - start
        if done >= rounds.least and spent + spent / done > rounds.budget:
            return done
        tell(done + 1)
        for place in streams.permutation("timing/order", str(done), 0, len(contenders)).tolist():
            _run(contenders[place], device)
    return rounds.most


def _calibrate(contender: Contender, shortest: float, device: torch.device | str) -> None:
    """Repeat calls until a lap takes `shortest` seconds; the laps from which that is seen count for nothing else."""
    if contender.warm_up > 10 * shortest:  # a first call is slower than the next, but not by that much
        return
    for _ in range(3):
        _run(contender, device)
    if contender.error is None:
        fastest = min(seconds.wall for seconds in contender.laps)
        contender.repeats = max(1, min(ceil(shortest / max(fastest, 1e-9)), MOST_REPEATS))
        contender.laps.clear()


def _run(contender: Contender, device: torch.device | str) -> None:
    if contender.error is not None:
        return
    try:
        with contender.around():
            seconds, result = lap(contender.work, device, contender.repeats)
        contender.check(result)
    except Exception as error:  # whatever a method raises costs its own row only
        contender.error = error
    else:
        contender.laps.append(seconds)
