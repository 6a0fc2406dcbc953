"""What explanations and scores cost, a sample."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from whybench.leaderboard.contest import Block
from whybench.leaderboard.gathering import block_of, method_of, metric_of
from whybench.leaderboard.variants import Variant
from whybench.passes import Passes
from whybench.records import Cost, ExplanationRecord, Record, Subject
from whybench.statistics import mean, mean_of_known


class Expense(NamedTuple):
    """What one method's explanation (empty metric) or one cell cost, a sample.

    forward, backward: samples through the model; wall_seconds, cpu_seconds; peak_bytes: the most over seeds; ratio:
    wall seconds over those of one bare forward pass of the same samples; learning: wall seconds of what the method
    learned of the model before, in all, None where it learns nothing; needed_forward, needed_backward: the samples
    that the definition needs, as if nothing were shared with other cells, None where it does not say; overhead: wall
    seconds over those of as many bare passes as were done. Seeds are averaged.
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
    needed_forward: float | None = None
    needed_backward: float | None = None
    overhead: float | None = None


NO_METRIC = Variant("", "")


class Bare(NamedTuple):
    """Wall seconds of the bare model, a sample: forward, and forward and backward."""

    forward: float
    gradient: float | None


class Bill(NamedTuple):
    """Whose explanation, judged by which metric (None for the explanation itself), for how many samples, at what cost.

    bare: the model's own pace on these samples; learning: what the method learned before; needed: by definition.
    """

    subject: Subject
    metric: Variant | None
    samples: int
    cost: Cost
    bare: Bare | None
    learning: Cost | None
    needed: Passes | None


def expenses(explanations: Sequence[ExplanationRecord], records: Sequence[Record]) -> list[Expense]:
    """One row an explanation, and one a cell (its own cost plus its share of what is shared).

    What was unsupported or failed has no row.
    """
    bills = sorted(_bills(explanations, records), key=_order)
    return [_expense(list(same)) for _, same in groupby(bills, key=_order)]


def _bills(explanations: Sequence[ExplanationRecord], records: Sequence[Record]) -> Iterable[Bill]:
    pace = {_whose(e.subject): _bare(e) for e in explanations if e.sample_ids}
    for e in explanations:
        if e.status == "ok" and e.sample_ids:
            yield Bill(e.subject, None, len(e.sample_ids), e.cost, _bare(e), e.preparation, e.needed)
    for r in records:
        if r.status == "ok" and r.samples:
            bare = pace.get(_whose(r.subject))
            yield Bill(r.subject, metric_of(r), len(r.samples), _sum(r.own, r.shared), bare, None, r.needed)


def _expense(bills: Sequence[Bill]) -> Expense:
    first = bills[0]
    method, judge = method_of(first.subject), first.metric or NO_METRIC
    return Expense(
        *(*block_of(first.subject), method.name, method.parameters, judge.name, judge.parameters),
        samples=first.samples,
        seeds=len(bills),
        forward=mean([b.cost.forward / b.samples for b in bills]),
        backward=mean([b.cost.backward / b.samples for b in bills]),
        wall_seconds=mean([b.cost.wall_seconds / b.samples for b in bills]),
        cpu_seconds=mean([b.cost.cpu_seconds / b.samples for b in bills]),
        peak_bytes=max((b.cost.peak_bytes for b in bills if b.cost.peak_bytes is not None), default=None),
        ratio=mean_of_known(_over(b, b.samples * b.bare.forward) for b in bills if b.bare),
        learning=mean_of_known(b.learning.wall_seconds for b in bills if b.learning is not None),
        needed_forward=mean_of_known(b.needed.forward / b.samples for b in bills if b.needed is not None),
        needed_backward=mean_of_known(b.needed.backward / b.samples for b in bills if b.needed is not None),
        overhead=mean_of_known(_over(b, _bare_seconds(b)) for b in bills),
    )


def _bare(explanation: ExplanationRecord) -> Bare:
    samples, gradient = len(explanation.sample_ids), explanation.bare_gradient_seconds
    return Bare(explanation.bare_seconds / samples, None if gradient is None else gradient / samples)


def _bare_seconds(bill: Bill) -> float | None:
    """How long the bare model takes for the passes that were done; None where that was not measured."""
    cost, bare = bill.cost, bill.bare
    if bare is None or (cost.backward and bare.gradient is None):
        return None
    return max(cost.forward - cost.backward, 0) * bare.forward + cost.backward * (bare.gradient or 0)


def _over(bill: Bill, seconds: float | None) -> float | None:
    return bill.cost.wall_seconds / seconds if seconds else None


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
    return block_of(bill.subject), method_of(bill.subject), bill.metric or NO_METRIC


def _whose(subject: Subject) -> tuple[Block, Variant, int]:
    return block_of(subject), method_of(subject), subject.seed
