"""Pairs of methods, within a block."""

from collections.abc import Iterable
from itertools import combinations
from typing import NamedTuple

from whybench.leaderboard.contest import Contest
from whybench.statistics import compare


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
