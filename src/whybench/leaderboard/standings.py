"""The board as tidy rows: one a method and metric in each block, and one a control that is not beaten."""

from collections.abc import Iterable
from typing import NamedTuple

from whybench.leaderboard.contest import Contest
from whybench.leaderboard.entry import Entry


class Standing(NamedTuple):
    """A method under a metric; numbers are None where they do not exist or are refused.

    status: ok, incomplete (samples are missing, the mean is refused), unsupported or failed; n of total: coverage;
    interval: t, bca or none; pool: how many methods the rank is among; gain: over the control named in gain_over.
    """

    kind: str
    dataset: str
    model: str
    method: str
    method_parameters: str
    family: str
    metric: str
    metric_parameters: str
    direction: str
    trivial: bool
    control: bool
    leak: bool
    status: str
    reason: str
    mean: float | None
    low: float | None
    high: float | None
    interval: str
    n: int
    total: int
    censored: int
    seeds: int
    spread: float | None
    rank: int | None
    rank_low: int | None
    rank_high: int | None
    pool: int | None
    tie_group: str
    gain: float | None
    gain_low: float | None
    gain_high: float | None
    gain_over: str


class Unbeaten(NamedTuple):
    """A control that the best method does not beat, or not beyond the interval of the paired difference."""

    kind: str
    dataset: str
    model: str
    metric: str
    metric_parameters: str
    control: str
    best_method: str
    gain: float
    low: float | None
    high: float | None
    verdict: str


def standings(contests: Iterable[Contest]) -> Iterable[Standing]:
    """The rows of each contest, best first, then those without a mean."""
    for contest in contests:
        rest = [e for e in contest.entries if e.method not in contest.estimates]
        for entry in (*contest.pool, *rest):
            yield _standing(contest, entry)


def unbeaten(contests: Iterable[Contest]) -> Iterable[Unbeaten]:
    """The flags of each contest."""
    for c in contests:
        for flag in c.flags:
            names = (*c.block, c.metric.name, c.metric.parameters, flag.control.name, flag.best.name)
            yield Unbeaten(*names, flag.gain.mean, flag.gain.low, flag.gain.high, flag.verdict)


def _standing(contest: Contest, entry: Entry) -> Standing:
    estimate = contest.estimates.get(entry.method)
    place = contest.places.get(entry.method)
    low, high = place.interval if place and place.interval else (None, None)
    gain = contest.gains.get(entry.method)
    return Standing(
        *contest.block,
        method=entry.method.name,
        method_parameters=entry.method.parameters,
        family=contest.family,
        metric=contest.metric.name,
        metric_parameters=contest.metric.parameters,
        direction="higher is better" if contest.higher_is_better else "lower is better",
        trivial=contest.trivial,
        control=entry.control,
        leak=entry.leak,
        status="incomplete" if entry.status == "ok" and estimate is None else entry.status,
        reason=contest.reason(entry),
        mean=estimate.mean if estimate else None,
        low=estimate.low if estimate else None,
        high=estimate.high if estimate else None,
        interval=estimate.how if estimate else "none",
        n=len(entry.values),
        total=len(contest.asked),
        censored=entry.censored,
        seeds=len(entry.seeds),
        spread=entry.spread if estimate else None,
        rank=place.rank if place else None,
        rank_low=low,
        rank_high=high,
        pool=len(contest.pool) if place else None,
        tie_group=place.tie_group if place else "",
        gain=gain.difference.mean if gain else None,
        gain_low=gain.difference.low if gain else None,
        gain_high=gain.difference.high if gain else None,
        gain_over=gain.over.name if gain else "",
    )
