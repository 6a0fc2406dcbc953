"""What a drill-down page says first: where a method is best and worst, and how often it beats the best control."""

from collections.abc import Sequence
from dataclasses import dataclass

from whybench.plots.labels import label
from whybench.report.samples.kept import Samples
from whybench.report.samples.scores import Column, short

NAMED = 3
"""Samples with the same score that are named."""


@dataclass(frozen=True)
class Extreme:
    """A score that no sample is beyond; samples: some of those that have it; more: how many others do."""

    score: str
    samples: Sequence[str]
    more: int


@dataclass(frozen=True)
class Finding:
    """One headline metric: its mean, its best and worst samples, and a comparison with the best control, if any."""

    metric: str
    mean: str
    best: Extreme
    worst: Extreme
    ahead: str


def findings(columns: Sequence[Column], samples: Samples) -> list[Finding]:
    """One for each ranked headline metric by which the samples differ."""
    return [
        Finding(
            metric=column.name,
            mean=column.mean,
            best=_extreme(column, samples, "best"),
            worst=_extreme(column, samples, "worst"),
            ahead=_ahead(column),
        )
        for column in columns
        if column.contest.headline and column.extremes
    ]


def _extreme(column: Column, samples: Samples, which: str) -> Extreme:
    found = [s for s in samples.ids if column.extremes.get(s) == which]
    return Extreme(short(column.entry.values[found[0]]), found[:NAMED], len(found) - len(found[:NAMED]))


def _ahead(column: Column) -> str:
    contest, control = column.contest, column.contest.best_control
    if control is None or column.entry.control:
        return ""
    own = column.entry.values
    shared = [s for s in own if s in control.values]
    better = sum(contest.sign * (own[s] - control.values[s]) > 0 for s in shared)
    return f"better than the best control, {label(control.method.name)}, on {better} of {len(shared)} samples"
