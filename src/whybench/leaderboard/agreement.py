"""Do metrics agree on the order of methods, within families and across them?"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from whybench.leaderboard.contest import Block, Contest
from whybench.leaderboard.gathering import family_order
from whybench.leaderboard.variants import Variant
from whybench.statistics import estimate, kendall_tau_b, mean, restated

Key = tuple[Block, Variant]


class Agreement(NamedTuple):
    """Kendall's tau-b between the orders in which two metrics put the methods that both score.

    Each metric in its better direction; tau_b is None where a metric puts all methods on one level. relation: `same
    number` where the scores of one are those of the other, stretched or turned and moved by an amount that is a
    sample's own; `built of each other` where an exact sum of several metrics holds both; empty where neither. counted:
    whether the pair says anything of agreement: not where they are related so, nor where one of the two is already
    spoken for by another metric.
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
    relation: str
    counted: bool


class FamilyAgreement(NamedTuple):
    """The mean tau-b over the counted pairs of metrics of two families, or of one, in each block, then over blocks.

    low, high: its t interval over blocks, cut to what tau-b can be, None for one block; lowest, highest: single pairs.
    """

    kind: str
    family_a: str
    family_b: str
    blocks: int
    pairs: int
    tau_b: float
    low: float | None
    high: float | None
    lowest: float
    highest: float


def agreements(contests: Sequence[Contest]) -> Iterable[Agreement]:
    """All pairs of metrics of each block that score two methods or more in common."""
    given = _given(contests)
    for a, b in combinations(contests, 2):
        both = sorted(a.estimates.keys() & b.estimates.keys())
        if a.block != b.block or len(both) < 2:
            continue
        first = [a.sign * a.estimates[m].mean for m in both]
        second = [b.sign * b.estimates[m].mean for m in both]
        flat = min(first) == max(first) or min(second) == max(second)
        one, two = (a.block, a.metric), (b.block, b.metric)
        yield Agreement(
            *a.block,
            *(a.family, a.metric.name, a.metric.parameters),
            *(b.family, b.metric.name, b.metric.parameters),
            methods=len(both),
            tau_b=None if flat else kendall_tau_b(first, second),
            relation=_relation(one, two, given),
            counted=not flat and one not in given and two not in given,
        )


def family_agreements(found: Iterable[Agreement]) -> Iterable[FamilyAgreement]:
    """The counted pairs, by families."""
    grouped: dict[tuple[str, str, str], dict[Block, list[float]]] = {}
    for a in (a for a in found if a.counted and a.tau_b is not None):
        families = sorted((a.family_a, a.family_b), key=family_order)
        here = grouped.setdefault((a.kind, families[0], families[1]), {})
        here.setdefault(Block(a.kind, a.dataset, a.model), []).append(a.tau_b or 0.0)
    for key in sorted(grouped, key=lambda k: (k[0], family_order(k[1]), family_order(k[2]))):
        blocks = grouped[key]
        every = [tau for taus in blocks.values() for tau in taus]
        over = estimate([mean(taus) for taus in blocks.values()])
        low = None if over.low is None else max(over.low, -1.0)
        high = None if over.high is None else min(over.high, 1.0)
        yield FamilyAgreement(*key, len(blocks), len(every), over.mean, low, high, min(every), max(every))


def _given(contests: Sequence[Contest]) -> Mapping[Key, tuple[Key, ...]]:
    """The metrics whose scores others of the block give exactly, with those others.

    Found in the scores, not in names: what reads the same sweep in another way is known by its numbers, also where it
    is a user's own. Only metrics that score the same methods on the same samples are compared.
    """
    grouped: dict[tuple[Block, tuple[str, ...], tuple[Variant, ...]], list[Contest]] = {}
    for c in contests:
        whole = tuple(sorted(c.estimates))
        if len(whole) > 1:
            grouped.setdefault((c.block, c.sample_ids, whole), []).append(c)
    found: dict[Key, tuple[Key, ...]] = {}
    for (block, _, whole), same in grouped.items():
        entries = [{e.method: e for e in c.entries} for c in same]
        columns = [np.stack([c.scores(e[m]) for m in whole]) for c, e in zip(same, entries, strict=True)]
        for k, givers in restated(np.stack(columns)).items():
            found[block, same[k].metric] = tuple((block, same[j].metric) for j in givers)
    return found


def _relation(a: Key, b: Key, given: Mapping[Key, tuple[Key, ...]]) -> str:
    first, second = _first_of_its_kind(a, given), _first_of_its_kind(b, given)
    if first == second:
        return "same number"
    return "built of each other" if {*given.get(first, (first,))} & {*given.get(second, (second,))} else ""


def _first_of_its_kind(metric: Key, given: Mapping[Key, tuple[Key, ...]]) -> Key:
    givers = given.get(metric, ())
    return givers[0] if len(givers) == 1 else metric
