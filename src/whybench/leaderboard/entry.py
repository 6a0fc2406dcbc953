"""One method in one contest: its records over seeds, pooled sample by sample."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf, isfinite

from whybench.leaderboard.variants import Variant
from whybench.records import Record, SampleScore, Status
from whybench.statistics import mean

WORST_FIRST: tuple[Status, ...] = ("failed", "unsupported", "ok")


@dataclass(frozen=True)
class Entry:
    """A method's samples under one metric.

    values: the score of each sample that has one with every seed (the mean over seeds); scored: the samples that have
    one with any seed; sample_ids: all samples that were asked for; reason: why values are missing; spread: the mean of
    the samples' own spread over infills, where the metric gives one.
    """

    method: Variant
    control: bool
    leak: bool
    status: Status
    reason: str
    seeds: tuple[int, ...]
    sample_ids: frozenset[str]
    scored: frozenset[str]
    values: Mapping[str, float]
    censored: int
    spread: float | None


def entry(method: Variant, records: Sequence[Record]) -> Entry:
    """The entry of one method's records, one a seed; as bad as its worst seed."""
    status = min((r.status for r in records), key=WORST_FIRST.index)
    by_seed = [{s.sample_id: s for s in r.samples} if status == "ok" else {} for r in records]
    sample_ids = frozenset(i for samples in by_seed for i in samples)
    scores = {i: [s[i].score for s in by_seed if i in s] for i in sorted(sample_ids)}
    values = {i: [v for v in same if v is not None] for i, same in scores.items()}
    whole = [i for i, present in values.items() if len(present) == len(records)]
    return Entry(
        method=method,
        control=any(r.control for r in records),
        leak=any(r.leak for r in records),
        status=status,
        reason=_missing(by_seed) if status == "ok" else _failure(records, status),
        seeds=tuple(r.subject.seed for r in records),
        sample_ids=sample_ids,
        scored=frozenset(i for i, present in values.items() if present),
        values={i: mean(values[i]) if len(records) > 1 else values[i][0] for i in whole},
        censored=sum(any(s[i].status == "censored" for s in by_seed) for i in whole),
        spread=_spread([s[i] for i in whole for s in by_seed]),
    )


def _missing(by_seed: Sequence[Mapping[str, SampleScore]]) -> str:
    """The commonest reason why samples have no value, with the number of those for which it is given."""
    given = Counter(s.reason for samples in by_seed for s in samples.values() if s.score is None)
    if not given:
        return ""
    reason, times = min(given.items(), key=lambda item: (-item[1], item[0]))
    return f"{times} undefined: {reason}" if reason else f"{times} undefined"


def _failure(records: Sequence[Record], status: Status) -> str:
    record = next(r for r in records if r.status == status)
    return record.reason if len(records) == 1 else f"seed {record.subject.seed}: {record.reason}"


def _spread(samples: Sequence[SampleScore]) -> float | None:
    spreads = [s.details["spread"] for s in samples if isfinite(s.details.get("spread", inf))]
    return mean(spreads) if spreads else None
