"""Which two stand first, and how many more samples or blocks would separate them."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from whybench.leaderboard.contest import Contest
from whybench.leaderboard.field import Field
from whybench.leaderboard.names import names
from whybench.statistics import Needed, units_to_separate
from whybench.statistics.pairs import paired
from whybench.statistics.values import Array

POWER = 0.8
FEWEST = 3
"""Differences from which the need for more can be estimated."""


class Separation(NamedTuple):
    """The first two of a pool, with samples or blocks as the unit.

    separated: as they are; have: units at hand; needed: units with which the corrected test would separate them four
    times of five if the observed differences are like all others, an estimate; low, high: the same at the ends of the
    mean difference's interval; more: needed less have, at least one where they are not separated. None: no number of
    units would do, or there are too few to estimate from.
    """

    kind: str
    level: str
    dataset: str
    model: str
    family: str
    metric: str
    headline: bool
    first: str
    second: str
    pool: int
    separated: bool
    have: int
    needed: int | None
    low: int | None
    high: int | None
    more: int | None


def separations(contests: Sequence[Contest], fields: Iterable[Field]) -> Iterable[Separation]:
    """A row a ranked contest (samples as units), then one a metric that two blocks or more hold (blocks as units)."""
    methods, metrics = names(contests)
    for c in (c for c in contests if c.ranked and len(c.pool) > 1):
        first, second = c.pool[:2]
        place = (c.block.kind, "samples", c.block.dataset, c.block.model, c.family, metrics[c.block, c.metric])
        called = (methods[c.block, first.method], methods[c.block, second.method])
        difference = paired(c.oriented(first), c.oriented(second))
        yield _row(place, c.headline, called, len(c.pool), bool(c.pairs.separated[0, 1]), difference)
    for f in (f for f in fields if len(f.pool) > 1 and len(f.blocks) > 1):
        place = (f.kind, "blocks", "", "", f.family, f.metric)
        yield _row(place, f.headline, f.pool[:2], len(f.pool), bool(f.pairs.separated[0, 1]), f.leads[0])


def _row(
    place: tuple[str, str, str, str, str, str],
    headline: bool,
    called: Sequence[str],
    pool: int,
    separated: bool,
    difference: Array,
) -> Separation:
    have = len(difference)
    found = units_to_separate(difference, pool, power=POWER) if have >= FEWEST else Needed(None, None, None)
    more = None if found.units is None else max(found.units - have, 1)
    return Separation(
        *place,
        headline=headline,
        first=called[0],
        second=called[1],
        pool=pool,
        separated=separated,
        have=have,
        needed=found.units,
        low=found.low,
        high=found.high,
        more=0 if separated else more,
    )
