"""The timing profile: what explanations and scores cost, a sample."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from whybench.leaderboard.contest import Block
from whybench.leaderboard.figures import number
from whybench.leaderboard.gathering import block_of, method_of, metric_of
from whybench.leaderboard.table import Table
from whybench.leaderboard.variants import Variant, labels
from whybench.records import Cost, ExplanationRecord, Record, Subject
from whybench.statistics import mean


class Expense(NamedTuple):
    """What one method's explanation (empty metric) or one cell cost, a sample.

    forward, backward: samples through the model; wall_seconds, cpu_seconds; peak_bytes: the most over seeds; ratio:
    wall seconds over those of one bare forward pass of the same samples; learning: wall seconds of what the method
    learned of the model before, in all, None where it learns nothing. Seeds are averaged.
    """

    kind: str
    dataset: str
    model: str
    method: str
    method_parameters: str
    metric: str
    metric_parameters: str
    samples: int
    seeds: int
    forward: float
    backward: float
    wall_seconds: float
    cpu_seconds: float
    peak_bytes: float | None
    ratio: float | None
    learning: float | None = None


NO_METRIC = Variant("", "")
Bill = tuple[Subject, Variant | None, Cost, int, float | None, Cost | None]
"""Whose explanation, judged by which metric (None for the explanation itself), at what cost, for how many samples,
the seconds of one bare forward pass of these samples, and what the method learned before."""


def expenses(explanations: Sequence[ExplanationRecord], records: Sequence[Record]) -> list[Expense]:
    """One row an explanation, and one a cell (its own cost plus its share of what is shared).

    What was unsupported or failed has no row.
    """
    bills = sorted(_bills(explanations, records), key=_order)
    return [_expense(list(same)) for _, same in groupby(bills, key=_order)]


def timing_table(rows: Iterable[Expense]) -> Table:
    """The methods' part of the profile, for reading."""
    methods = [row for row in rows if not row.metric]
    named = {
        (place, variant): label
        for place, same in groupby(methods, key=lambda row: row[:3])
        for variant, label in labels(Variant(row.method, row.method_parameters) for row in same).items()
    }
    learned = any(row.learning is not None for row in methods)
    return Table(
        "timing",
        (
            *("dataset", "model", "method", "forward", "backward", "wall ms", "CPU ms", "peak MB", "x bare forward"),
            *(["learning s"] if learned else []),
        ),
        tuple(
            (
                row.dataset,
                row.model,
                named[row[:3], Variant(row.method, row.method_parameters)],
                number(row.forward),
                number(row.backward),
                number(1e3 * row.wall_seconds),
                number(1e3 * row.cpu_seconds),
                number(None if row.peak_bytes is None else row.peak_bytes / 1e6),
                number(row.ratio),
                *([number(row.learning)] if learned else []),
            )
            for row in methods
        ),
        (
            "A sample explained: samples through the model forward and backward (counted), wall and CPU milliseconds; "
            "peak memory above that before; wall seconds as multiples of one bare forward pass of the same samples.",
            *(["Learning: wall seconds, once a model, before any sample is explained."] if learned else []),
        ),
    )


def _bills(explanations: Sequence[ExplanationRecord], records: Sequence[Record]) -> Iterable[Bill]:
    bare = {_whose(e.subject): e.bare_seconds / len(e.sample_ids) for e in explanations if e.sample_ids}
    for e in explanations:
        if e.status == "ok" and e.sample_ids:
            yield e.subject, None, e.cost, len(e.sample_ids), e.bare_seconds, e.preparation
    for r in records:
        if r.status == "ok" and r.samples:
            per_sample = bare.get(_whose(r.subject))
            seconds = None if per_sample is None else per_sample * len(r.samples)
            yield r.subject, metric_of(r), _sum(r.own, r.shared), len(r.samples), seconds, None


def _expense(bills: Sequence[Bill]) -> Expense:
    subject, metric, _, samples, *_ = bills[0]
    method, judge = method_of(subject), metric or NO_METRIC
    costs = [(cost, n) for _, _, cost, n, _, _ in bills]
    ratios = [cost.wall_seconds / bare for _, _, cost, _, bare, _ in bills if bare]
    learning = [learned.wall_seconds for *_, learned in bills if learned is not None]
    return Expense(
        *(*block_of(subject), method.name, method.parameters, judge.name, judge.parameters),
        samples=samples,
        seeds=len(bills),
        forward=mean([cost.forward / n for cost, n in costs]),
        backward=mean([cost.backward / n for cost, n in costs]),
        wall_seconds=mean([cost.wall_seconds / n for cost, n in costs]),
        cpu_seconds=mean([cost.cpu_seconds / n for cost, n in costs]),
        peak_bytes=max((cost.peak_bytes for cost, _ in costs if cost.peak_bytes is not None), default=None),
        ratio=mean(ratios) if ratios else None,
        learning=mean(learning) if learning else None,
    )


def _sum(a: Cost, b: Cost) -> Cost:
    peaks = [c.peak_bytes for c in (a, b) if c.peak_bytes is not None]
    return Cost(
        a.forward + b.forward,
        a.backward + b.backward,
        a.wall_seconds + b.wall_seconds,
        a.cpu_seconds + b.cpu_seconds,
        max(peaks, default=None),
    )


def _order(bill: Bill) -> tuple[Block, Variant, Variant]:
    subject, metric = bill[:2]
    return block_of(subject), method_of(subject), metric or NO_METRIC


def _whose(subject: Subject) -> tuple[Block, Variant, int]:
    return block_of(subject), method_of(subject), subject.seed
