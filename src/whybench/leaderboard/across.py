"""The second level: methods compared over model x dataset blocks, each block one unit."""

from collections.abc import Iterable
from itertools import combinations
from typing import NamedTuple

import numpy as np

from whybench.leaderboard.field import Field
from whybench.statistics import compare, mean, signed_rank
from whybench.statistics.pairs import paired


class Overall(NamedTuple):
    """A method over all blocks under one metric; blocks of total: in how many it is whole.

    mean_rank: its rank among the pool inside a block, averaged over blocks; rank: the order of mean ranks, with its
    interval; numbers are None for a method that is not whole in every block.
    """

    kind: str
    family: str
    metric: str
    method: str
    blocks: int
    total: int
    mean_rank: float | None
    rank: int | None
    rank_low: int | None
    rank_high: int | None
    pool: int | None
    tie_group: str


class Duel(NamedTuple):
    """Two methods over all blocks under one metric, the one with the better mean rank first.

    wins, draws, losses: blocks in which its mean is better, equal up to rounding, worse; difference: of the blocks'
    means, positive in its favour, averaged, with its interval, and its median (in the metric's unit, so only as telling
    as that unit is on all models); effect: the standardised difference, averaged over blocks; rank_biserial, p: of the
    signed-rank test on the blocks' standardised differences; p_holm: adjusted over all pairs of the pool; separated:
    not in one tie group.
    """

    kind: str
    family: str
    metric: str
    method_a: str
    method_b: str
    blocks: int
    wins: int
    draws: int
    losses: int
    difference: float
    low: float | None
    high: float | None
    median: float
    effect: float
    rank_biserial: float
    p: float
    p_holm: float
    separated: bool


def overall(fields: Iterable[Field]) -> Iterable[Overall]:
    """One row a metric and method: mean rank over blocks, the rank's interval and the tie group.

    Tie groups come from signed-rank tests on the blocks' standardised differences, Holm-adjusted over all pairs; rank
    intervals from resampling blocks. Source: demsar2006.
    """
    for f in fields:
        yield from _ranked(f)
        for m in (m for m in f.whole if m not in f.pool):
            yield Overall(f.kind, f.family, f.metric, m, f.whole[m], f.total, None, None, None, None, None, "")


def duels(fields: Iterable[Field]) -> Iterable[Duel]:
    """All pairs of each pool; source of the win matrix. Source: demsar2006, kerby2014, borenstein2009."""
    for f in fields:
        for (i, j), leads in zip(combinations(range(len(f.pool)), 2), f.leads, strict=True):
            found, test = compare(f.scores[i], f.scores[j]), signed_rank(leads)
            signs = np.sign(paired(f.scores[i], f.scores[j]))
            wins, draws, losses = (int(np.sum(signs == sign)) for sign in (1, 0, -1))
            yield Duel(
                *(f.kind, f.family, f.metric, f.pool[i], f.pool[j], len(f.blocks), wins, draws, losses),
                *(found.difference.mean, found.difference.low, found.difference.high),
                *(found.median, mean(leads), test.rank_biserial, test.p),
                p_holm=float(f.pairs.p[i, j]),
                separated=bool(f.pairs.separated[i, j]),
            )


def _ranked(f: Field) -> Iterable[Overall]:
    for k, method in enumerate(f.pool):
        yield Overall(
            *(f.kind, f.family, f.metric, method, f.total, f.total, f.mean_ranks[k], int(f.ranks[k]), *f.intervals[k]),
            pool=len(f.pool),
            tie_group=f.tie_groups[k],
        )
