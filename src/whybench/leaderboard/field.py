"""One metric over all model x dataset blocks: each block one unit, methods compared by what its samples say."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from whybench.leaderboard.contest import Block, Contest
from whybench.leaderboard.names import Names, names
from whybench.statistics import Pairwise, mean, places, rank_intervals, ranks, separate, standardised_pairs, tie_groups
from whybench.statistics.ranks import Ranks
from whybench.statistics.values import Array

SEED = re.compile(r"\(seed=\d+\)$|, seed=\d+(?=[,)])")
"""Where a model's label says from which seed it was trained."""


@dataclass(frozen=True, eq=False)
class Field:
    """A metric in every block of a kind.

    pool: the methods that are whole in every block, best mean rank first; scores: (pool, blocks), the mean over the
    block's samples, turned so that larger is better; leads: (pairs i < j of the pool, blocks), by how much i is ahead
    of j in each, standardised, so that blocks whose scores have other units can be ranked beside each other; whole: in
    how many of all `total` contests each method is whole.
    """

    kind: str
    family: str
    metric: str
    headline: bool
    blocks: tuple[Block, ...]
    pool: tuple[str, ...]
    scores: Array
    leads: Array
    whole: Mapping[str, int]
    total: int
    controls: frozenset[str]

    @cached_property
    def mean_ranks(self) -> list[float]:
        """Of the pool: the rank inside a block, averaged over blocks."""
        return _mean_ranks(self.scores)

    @cached_property
    def ranks(self) -> Ranks:
        """Of the pool: the order of mean ranks."""
        return ranks([-r for r in self.mean_ranks])

    @cached_property
    def intervals(self) -> Sequence[tuple[int | None, int | None]]:
        """The ranks' intervals, by resampling blocks; None for a single block."""
        return rank_intervals(-places(self.scores)) or [(None, None)] * len(self.pool)

    @cached_property
    def pairs(self) -> Pairwise:
        """Signed-rank tests of all pairs on the blocks' standardised differences, Holm-adjusted."""
        return separate(self.leads, [-r for r in self.mean_ranks])

    @cached_property
    def tie_groups(self) -> tuple[str, ...]:
        return tie_groups(self.pairs.separated)


def fields(contests: Sequence[Contest], nest_seeds: bool = False) -> list[Field]:
    """A field for every ranked metric, in the order of the board; where nobody is whole everywhere its pool is empty.

    nest_seeds: models that differ in nothing but the seed they were trained from count as one block, their means
    averaged.
    """
    methods, metrics = names(contests)
    grouped: dict[tuple[str, str, str], list[Contest]] = {}
    for contest in (c for c in contests if c.ranked):
        key = (contest.block.kind, contest.family, metrics[contest.block, contest.metric])
        grouped.setdefault(key, []).append(contest)
    return [_field(key, group, methods, nest_seeds) for key, group in grouped.items()]


def _field(key: tuple[str, str, str], group: Sequence[Contest], methods: Names, nest_seeds: bool) -> Field:
    means = [{methods[c.block, v]: c.sign * e.mean for v, e in c.estimates.items()} for c in group]
    entered = [(methods[c.block, e.method], e.control) for c in group for e in c.entries]
    whole = {m: sum(m in block for block in means) for m in sorted({name for name, _ in entered})}
    pool = [m for m in whole if whole[m] == len(group)]
    blocks = [unseeded(c.block) if nest_seeds else c.block for c in group]
    distinct = tuple(dict.fromkeys(blocks))
    held = {block: [one for one, b in zip(means, blocks, strict=True) if b == block] for block in distinct}
    rows = [[mean([one[m] for one in same]) for same in held.values()] for m in pool]
    scores = np.array(rows, dtype=np.float64).reshape(len(pool), len(distinct))
    mean_ranks = _mean_ranks(scores)
    order = sorted(range(len(pool)), key=lambda k: (mean_ranks[k], pool[k]))
    ordered = tuple(pool[k] for k in order)
    leads = [_leads(c, ordered, methods) for c in group]
    by_block = [np.mean([lead for lead, b in zip(leads, blocks, strict=True) if b == block], 0) for block in distinct]
    return Field(
        *key,
        headline=any(c.headline for c in group),
        blocks=distinct,
        pool=ordered,
        scores=scores[order],
        leads=np.stack(by_block, axis=1),
        whole=whole,
        total=len(group),
        controls=frozenset(name for name, control in entered if control),
    )


def _leads(contest: Contest, pool: Sequence[str], methods: Names) -> Array:
    """The standardised difference of every pair of the pool in one contest."""
    entries = {methods[contest.block, e.method]: e for e in contest.pool}
    return standardised_pairs(np.array([contest.oriented(entries[m]) for m in pool], dtype=np.float64))


def unseeded(block: Block) -> Block:
    """A block whatever seed its model was trained from."""
    return block._replace(model=SEED.sub("", block.model))


def _mean_ranks(scores: Array) -> list[float]:
    return [mean(row) for row in places(scores)] if len(scores) else []
