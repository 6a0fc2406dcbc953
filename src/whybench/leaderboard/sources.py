"""Where differences between scores come from: variance components of each metric."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np

from whybench.digests import canonical_json
from whybench.leaderboard.contest import Block, Contest
from whybench.leaderboard.gathering import block_of, method_of, metric_of
from whybench.leaderboard.names import Names, names
from whybench.leaderboard.variants import Variant, labels
from whybench.records import Record
from whybench.statistics import variance_components
from whybench.statistics.values import Array

INFILL = "infill"
NAMES = {"sample": "sample in model"}

Cells = Mapping[tuple[Block, Variant, Variant, int], Mapping[str, float]]
Layout = Mapping[Block, Mapping[str, Contest]]


class Source(NamedTuple):
    """One source of variance of a metric's scores, methods x models x samples x seeds x infills.

    model: a model x dataset block; variance: in the metric's squared unit, an unbiased estimate and so sometimes below
    zero; share: of the total. methods to infills: how many levels it is estimated from, 1 where that is no source.
    """

    kind: str
    family: str
    metric: str
    source: str
    variance: float
    share: float
    freedom: int
    methods: int
    models: int
    samples: int
    seeds: int
    infills: int


def sources(contests: Sequence[Contest], records: Sequence[Record]) -> Iterable[Source]:
    """The components of every ranked metric with two methods or more that are whole wherever it is measured.

    Blocks of unequal size count with as many samples as the smallest has, the first by id. Seeds are a source where
    every method has the same two or more, else scores are averaged over them; infills where all blocks have two or
    more in common; where each block has one, whichever it is, that one. Other settings are metrics of their own.
    """
    methods, _ = names(contests)
    cells = {
        (block_of(r.subject), metric_of(r), method_of(r.subject), r.subject.seed): {
            s.sample_id: s.score for s in r.samples if s.score is not None
        }
        for r in records
        if r.status == "ok"
    }
    for (kind, family, metric), layout in _layouts(contests).items():
        if all(len(held) == 1 for held in layout.values()):
            layout = {block: {"": contest} for block, held in layout.items() for contest in held.values()}
        infills = sorted(set.intersection(*(set(held) for held in layout.values())))
        if infills:
            yield from _components((kind, family, metric), layout, infills, methods, cells)


def _layouts(contests: Sequence[Contest]) -> Mapping[tuple[str, str, str], Layout]:
    """By metric whatever its infill: each block's contests by infill."""
    found: dict[tuple[str, str, str], dict[Block, dict[str, Contest]]] = {}
    for block in dict.fromkeys(c.block for c in contests):
        here = [c for c in contests if c.block == block and c.ranked]
        called = labels(_rest(c.metric) for c in here)
        for c in here:
            infill = canonical_json({INFILL: c.metric.values().get(INFILL)})
            found.setdefault((block.kind, c.family, called[_rest(c.metric)]), {}).setdefault(block, {})[infill] = c
    return found


def _rest(metric: Variant) -> Variant:
    return Variant(metric.name, canonical_json({k: v for k, v in metric.values().items() if k != INFILL}))


def _components(
    key: tuple[str, str, str], layout: Layout, infills: Sequence[str], methods: Names, cells: Cells
) -> Iterable[Source]:
    held = [layout[block][infill] for block in layout for infill in infills]
    called = {c: {methods[c.block, v]: v for v in c.estimates} for c in held}
    pool = sorted(set.intersection(*(set(named) for named in called.values())))
    shared = {b: sorted(set.intersection(*(set(c.sample_ids) for c in layout[b].values()))) for b in layout}
    samples = min(len(ids) for ids in shared.values())
    if len(pool) < 2 or samples < 1 or (len(layout) < 2 and samples < 2):
        return
    runs = {e.seeds for c in held for e in c.entries if methods[c.block, e.method] in pool}
    seeds = next(iter(runs)) if len(runs) == 1 else ()
    runs_apart: Sequence[int | None] = seeds if len(seeds) > 1 else (None,)
    table = np.empty((len(pool), len(layout), samples, len(runs_apart), len(infills)))
    for b, block in enumerate(layout):
        for i, infill in enumerate(infills):
            c = layout[block][infill]
            for (m, name), (s, seed) in product(enumerate(pool), enumerate(runs_apart)):
                table[m, b, :, s, i] = _values(c, called[c][name], seed, cells, shared[block][:samples])
    yield from _rows(key, table)


def _values(c: Contest, method: Variant, seed: int | None, cells: Cells, ids: Sequence[str]) -> list[float]:
    if seed is None:
        values = next(e.values for e in c.entries if e.method == method)
    else:
        values = cells[c.block, c.metric, method, seed]
    return [values[i] for i in ids]


def _rows(key: tuple[str, str, str], table: Array) -> Iterable[Source]:
    factors = ("method", "model", "sample", "seed", "infill")
    present = [name for name, levels in zip(factors, table.shape, strict=True) if levels > 1]
    within = {"sample": ("model",)} if {"sample", "model"} <= set(present) else {}
    scores = table.reshape([levels for levels in table.shape if levels > 1])
    for component in variance_components(scores, present, within):
        yield Source(
            *key,
            _called(component.factors, within),
            *(component.variance, component.share, component.freedom, *table.shape),
        )


def _called(factors: Sequence[str], within: Mapping[str, Sequence[str]]) -> str:
    """An interaction's name: `method x sample in model` for (method, model, sample)."""
    inner = {outer for name in factors for outer in within.get(name, ())}
    return " x ".join(NAMES.get(name, name) if within else name for name in factors if name not in inner)
