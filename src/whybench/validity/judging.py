"""All scores of some methods by some metrics on one world, beside how wrong each method is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from whybench.errors import Unsupported
from whybench.protocols.method import require
from whybench.protocols.model import steady
from whybench.statistics.values import Array
from whybench.suite import MethodLike, MetricLike, entries, metric
from whybench.validity.world import Desk, World


@dataclass(frozen=True, eq=False)
class Judged:
    """What metrics say about methods on one world, and what is true.

    methods: their labels; scores: by metric, (methods, n) float64, NaN where undefined or unsupported; errors: by
    distance, alike; higher_is_better: by metric; reasons: by (method, metric), or by (method, "") where the method
    itself does not run, why there is nothing.
    """

    world: str
    methods: tuple[str, ...]
    scores: Mapping[str, Array]
    errors: Mapping[str, Array]
    higher_is_better: Mapping[str, bool]
    reasons: Mapping[tuple[str, str], str] = field(default_factory=dict)


def judge(
    world: World,
    methods: Sequence[MethodLike] | Mapping[str, MethodLike],
    metrics: Sequence[MetricLike] | Mapping[str, MetricLike],
    seed: int = 0,
) -> Judged:
    """Score every method by every metric; a pair that does not fit stays NaN, with its reason.

    methods, metrics: names, specs or objects, as `evaluate` takes them, or dicts of these by the name to be shown.
    """
    named = metrics if isinstance(metrics, Mapping) else {m if isinstance(m, str) else m.name: m for m in metrics}
    asked, by = entries(methods), {name: metric(thing) for name, thing in named.items()}
    desk, n = Desk(world, seed), len(world.ids)
    scores = {name: np.full((len(asked), n), np.nan) for name in by}
    errors = {name: np.full((len(asked), n), np.nan) for name in world.distances()}
    reasons: dict[tuple[str, str], str] = {}
    for row, entry in enumerate(asked):
        try:
            case = desk.case(entry.method)
        except Unsupported as error:
            reasons[entry.label, ""] = str(error)
            continue
        for name, values in world.errors(case.explanation).items():
            errors[name][row] = values.numpy()
        for name, judging in by.items():
            try:
                require(judging, world.model, world.truth)
                with steady(world.model.module):
                    scores[name][row] = judging.score(case).values.numpy()
            except Unsupported as error:
                reasons[entry.label, name] = str(error)
    better = {name: judging.higher_is_better for name, judging in by.items()}
    return Judged(world.name, tuple(entry.label for entry in asked), scores, errors, better, reasons)


def only(judged: Judged, methods: Sequence[str]) -> Judged:
    """The same for some of the methods."""
    rows = [judged.methods.index(m) for m in methods if m in judged.methods]
    return Judged(
        judged.world,
        tuple(judged.methods[r] for r in rows),
        {name: values[rows] for name, values in judged.scores.items()},
        {name: values[rows] for name, values in judged.errors.items()},
        judged.higher_is_better,
        {pair: reason for pair, reason in judged.reasons.items() if pair[0] in methods},
    )
