"""The timing profile: medians, intervals and the noise floor, computed from the stored rounds."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from whybench.digests import canonical_json, json_digest
from whybench.leaderboard.frame import frame
from whybench.leaderboard.variants import Variant, labels
from whybench.statistics import MedianInterval, median_interval
from whybench.store import Store
from whybench.timing.records import BlockTiming, Clock, Timed

Number = float | None
ClockColumns = tuple[Number, Number, Number, Number, Number, Number, Number]


class TimingRow(NamedTuple):
    """One method, or a bare pass of the model (`what` tells which, `method` is empty), on one model and dataset.

    forward, backward: samples through the model, a sample explained; wall_*, cpu_*: seconds a sample, their median
    and quartiles over rounds; ratio*: wall seconds over those of the bare forward pass in the same round, the median
    and its 95 % interval; cpu_ratio*: likewise for CPU seconds; floor, cpu_floor: the noise floor of the block (a
    factor of at least 1): two methods whose ratio is between 1 / floor and floor cannot be told apart; load: the load
    average of the minute before; machine: the digest of the facts of `environment`.
    """

    kind: str
    suite: str
    dataset: str
    model: str
    what: str
    method: str
    parameters: str
    control: bool
    status: str
    reason: str
    samples: int
    seed: int
    protocol: int
    rounds: int
    repeats: int
    forward: float | None
    backward: float | None
    peak_bytes: int | None
    device: str
    processor: str
    threads: int
    load: float | None
    machine: str
    wall_seconds: float | None
    wall_q1: float | None
    wall_q3: float | None
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    floor: float | None
    cpu_seconds: float | None
    cpu_q1: float | None
    cpu_q3: float | None
    cpu_ratio: float | None
    cpu_ratio_low: float | None
    cpu_ratio_high: float | None
    cpu_floor: float | None


def timing_profile(store: Store, suite: str | None = None) -> pd.DataFrame:
    """What timing runs measured, one row a method and a bare pass; no row where a suite was never timed."""
    return frame([row for block in block_timings(store, suite) for row in timing_rows(block)], TimingRow)


def block_timings(store: Store, suite: str | None = None) -> list[BlockTiming]:
    """The blocks of a suite that were timed, by dataset and model."""
    found = [BlockTiming.restore(body) for body in store.timings(suite)]
    return sorted(found, key=lambda b: (b.suite, b.dataset, b.model, json_digest(b.machine), b.plan["device"]))


def timing_rows(block: BlockTiming) -> list[TimingRow]:
    """One row a contender, in the order in which they were timed."""
    return [_row(block, timed) for timed in block.contenders]


def noise_floor(block: BlockTiming, clock: Clock = "wall") -> float | None:
    """The largest factor by which the bare forward pass may differ from itself: 1.02 says that 2 % are noise.

    The further end of the 95 % interval of the ratio of two equal passes in the same round, whichever way round.
    """
    again = block.contender("bare forward again")
    apart = None if again is None else ratio(block, again, block.contender("bare forward"), clock)
    return None if apart is None else max(apart.high, 1 / apart.low)


def ratio(block: BlockTiming, timed: Timed, to: Timed | None, clock: Clock = "wall") -> MedianInterval | None:
    """The ratio of two contenders' seconds within the same rounds; None where one of them was not timed."""
    if to is None or not timed.laps(clock) or not to.laps(clock):
        return None
    return median_interval(np.array(timed.laps(clock)) / np.array(to.laps(clock)))


def method_labels(contenders: Sequence[Timed]) -> list[str]:
    """What each contender is called: a bare pass by what it is, a method by its shortest label."""
    variants = [Variant(t.method, canonical_json(t.method_parameters)) for t in contenders]
    named = labels(v for v, t in zip(variants, contenders, strict=True) if t.what == "method")
    return [named[v] if t.what == "method" else t.what for v, t in zip(variants, contenders, strict=True)]


def _row(block: BlockTiming, timed: Timed) -> TimingRow:
    ok = timed.status == "ok"
    return TimingRow(
        timed.kind,
        block.suite,
        block.dataset,
        block.model,
        timed.what,
        timed.method,
        canonical_json({"method": timed.method_parameters}),
        timed.control,
        timed.status,
        timed.reason,
        block.samples,
        block.seed,
        block.protocol,
        len(timed.wall),
        timed.repeats,
        timed.cost.forward / block.samples if ok else None,
        timed.cost.backward / block.samples if ok else None,
        timed.cost.peak_bytes if ok else None,
        block.plan["device"],
        block.machine["processor"],
        block.plan["threads"],
        block.load[0] if block.load else None,
        json_digest(block.machine),
        *_seconds(block, timed, "wall"),
        *_seconds(block, timed, "cpu"),
    )


def _seconds(block: BlockTiming, timed: Timed, clock: Clock) -> ClockColumns:
    """The seven columns of one clock: seconds a sample with quartiles, the ratio with its interval, the floor."""
    laps, within = timed.laps(clock), ratio(block, timed, block.contender("bare forward"), clock)
    if not laps or within is None:
        return None, None, None, None, None, None, noise_floor(block, clock)
    first, middle, third = (float(q) for q in np.quantile(laps, (0.25, 0.5, 0.75)) / block.samples)
    return middle, first, third, *within, noise_floor(block, clock)
