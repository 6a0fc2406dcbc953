"""What does not depend on the pool: pairs of methods, and pairs of metrics."""

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import NamedTuple

from whybench.leaderboard.contest import Contest
from whybench.statistics import compare, kendall_tau_b


class Pair(NamedTuple):
    """Two ranked methods, the one with the better mean first; a positive difference is in its favour.

    p: of the signed-rank test; p_holm: adjusted over all pairs of the contest; separated: not in one tie group.
    """

    kind: str
    dataset: str
    model: str
    metric: str
    metric_parameters: str
    method_a: str
    parameters_a: str
    method_b: str
    parameters_b: str
    difference: float
    low: float | None
    high: float | None
    median: float
    rank_biserial: float
    p: float
    p_holm: float
    separated: bool


class Agreement(NamedTuple):
    """Kendall's tau-b between the orders in which two metrics put the methods that both score.

    Each metric in its better direction; tau_b is None where a metric puts all methods on one level.
    """

    kind: str
    dataset: str
    model: str
    family_a: str
    metric_a: str
    parameters_a: str
    family_b: str
    metric_b: str
    parameters_b: str
    methods: int
    tau_b: float | None


def pairs(contests: Iterable[Contest]) -> Iterable[Pair]:
    """All pairs of each ranked contest."""
    for contest in (c for c in contests if c.ranked):
        metric = contest.metric
        for (i, a), (j, b) in combinations(enumerate(contest.pool), 2):
            found = compare(contest.oriented(a), contest.oriented(b))
            yield Pair(
                *(*contest.block, metric.name, metric.parameters),
                *(a.method.name, a.method.parameters, b.method.name, b.method.parameters),
                *(found.difference.mean, found.difference.low, found.difference.high),
                *(found.median, found.rank_biserial, found.p),
                p_holm=float(contest.pairs.p[i, j]),
                separated=bool(contest.pairs.separated[i, j]),
            )


def agreements(contests: Sequence[Contest]) -> Iterable[Agreement]:
    """All pairs of metrics of each block that score two methods or more in common."""
    for a, b in combinations(contests, 2):
        both = sorted(a.estimates.keys() & b.estimates.keys())
        if a.block != b.block or len(both) < 2:
            continue
        first = [a.sign * a.estimates[m].mean for m in both]
        second = [b.sign * b.estimates[m].mean for m in both]
        flat = min(first) == max(first) or min(second) == max(second)
        yield Agreement(
            *a.block,
            *(a.family, a.metric.name, a.metric.parameters),
            *(b.family, b.metric.name, b.metric.parameters),
            methods=len(both),
            tau_b=None if flat else kendall_tau_b(first, second),
        )
