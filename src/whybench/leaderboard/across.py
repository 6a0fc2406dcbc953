"""The second level: methods compared over model x dataset blocks, each block one unit."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from whybench.leaderboard.contest import Contest
from whybench.leaderboard.names import Names, names
from whybench.statistics import mean, pairwise, rank_intervals, ranks, tie_groups
from whybench.statistics.values import Array


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


def overall(contests: Sequence[Contest]) -> list[Overall]:
    """One row a metric and method: mean rank over blocks, the rank's interval and the tie group.

    Tie groups come from signed-rank tests on the blocks' means, Holm-adjusted over all pairs; rank intervals from
    resampling blocks. Source: demsar2006.
    """
    methods, metrics = names(contests)
    grouped: dict[tuple[str, str, str], list[Contest]] = {}
    for contest in (c for c in contests if c.ranked):
        key = (contest.block.kind, contest.family, metrics[contest.block, contest.metric])
        grouped.setdefault(key, []).append(contest)
    return [row for key, group in grouped.items() for row in _metric(key, group, methods)]


def _metric(key: tuple[str, str, str], group: Sequence[Contest], methods: Names) -> list[Overall]:
    means = [{methods[c.block, v]: c.sign * e.mean for v, e in c.estimates.items()} for c in group]
    everyone = sorted({methods[c.block, e.method] for c in group for e in c.entries})
    whole = {m: sum(m in block for block in means) for m in everyone}
    pool = [m for m in everyone if whole[m] == len(group)]
    absent = [
        Overall(*key, m, whole[m], len(group), None, None, None, None, None, "") for m in everyone if m not in pool
    ]
    return [*_ranked(key, np.array([[block[m] for block in means] for m in pool]), pool), *absent] if pool else absent


def _ranked(key: tuple[str, str, str], means: Array, pool: Sequence[str]) -> list[Overall]:
    """The pool's rows, best first; means: (methods, blocks), larger is better."""
    blocks = means.shape[1]
    places = np.stack([_ranks_in_block(column) for column in means.T], axis=1)
    mean_rank = [mean(row) for row in places]
    order = sorted(range(len(pool)), key=lambda k: (mean_rank[k], pool[k]))
    standing = [-mean_rank[k] for k in order]
    intervals: Sequence[tuple[int | None, int | None]] = rank_intervals(-places[order]) or [(None, None)] * len(pool)
    letters = tie_groups(pairwise(means[order], standing).separated)
    return [
        Overall(*key, pool[k], blocks, blocks, mean_rank[k], int(rank), *interval, pool=len(pool), tie_group=group)
        for k, rank, interval, group in zip(order, ranks(standing), intervals, letters, strict=True)
    ]


def _ranks_in_block(column: Array) -> Array:
    """Ranks from the best, 1, to the worst; equal ones share their mean rank."""
    above = (column[None, :] > column[:, None]).sum(axis=1)
    equal = (column[None, :] == column[:, None]).sum(axis=1)
    shared: Array = above + (equal + 1) / 2
    return shared
