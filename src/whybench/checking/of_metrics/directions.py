"""C25: the better map has the better score."""

from collections.abc import Callable, Mapping
from functools import partial
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from whybench.checking.clause import Inapplicable, clause, insist
from whybench.checking.metric_world import SHAPE, Answers, draw, opened, seed_of, world
from whybench.checking.of_metrics.additive_world import drawn, on_sum, oracle, times
from whybench.checking.of_metrics.laws import ramp
from whybench.protocols import Metric, Query

BLIND = 1e-9
SIGNED = ("faithfulness", "region")
"""Families in which a map differs from its reverse, unless signs count for nothing."""
ORDERED = "faithfulness"
"""The family in which noise lies between the best map and its reverse."""
Maps = Callable[[Metric[Any]], list[Tensor]]
"""The scores of maps from the best to the worst, those of each map over some samples."""


@clause(
    25,
    "metric",
    "direction",
    "By the declared higher_is_better, the best map is better than noise and than its own reverse, on models of which "
    "that is known; of metrics of faithfulness, noise is no worse than the reverse where signs count.",
    "turn `higher_is_better` round, or what is removed: the most relevant in place of the rest",
)
def direction(metric: Metric[Any]) -> None:
    if metric.family not in PLANTED:
        raise Inapplicable(f"which map is best is planted for no metrics of {metric.family}")
    means = [float(values[~values.isnan()].mean()) for values in PLANTED[metric.family](metric)]
    if any(mean != mean for mean in means):
        raise Inapplicable("one of the planted maps has no score")
    equal = BLIND * max(1.0, abs(means[0]))
    if metric.family in SIGNED and abs(means[0] - means[-1]) <= equal:
        means = means[:-1]  # a metric that is blind to signs cannot tell a map from its reverse
    sign = 1 if metric.higher_is_better else -1
    falling = sign * (means[0] - max(means[1:], key=lambda mean: sign * mean)) > equal
    if metric.family == ORDERED:
        falling &= all(sign * (better - worse) >= -equal for better, worse in pairwise(means))
    shown = ", ".join(f"{mean:.6g}" for mean in means)
    insist(falling, f"from the best map to the worst: {shown}, with higher_is_better={metric.higher_is_better}")


def _removal(metric: Metric[Any]) -> list[Tensor]:
    """What each pixel adds, noise of many draws and of the same length, and the reverse."""
    noise = torch.cat([metric.score(on_sum(metric, Answers(partial(_as_long, 1000 * k)))).values for k in range(8)])
    return [metric.score(on_sum(metric, times(1.0))).values, noise, metric.score(on_sum(metric, times(-1.0))).values]


def _as_long(seed: int, query: Query) -> Tensor:
    """Noise as long as what each pixel adds."""
    noise = drawn(seed).explain(query).relevance
    lengths = [found.flatten(1).square().sum(1).sqrt() for found in (oracle(query), noise)]
    return noise * (lengths[0] / lengths[1]).view(-1, 1, 1, 1)


def _located(metric: Metric[Any]) -> list[Tensor]:
    """What each pixel adds, noise, and least where most is added; nothing is negative."""
    noise = Answers(lambda query: drawn(0).explain(query).relevance.abs())
    turned = Answers(lambda query: 2 - oracle(query))
    return [metric.score(on_sum(metric, method)).values for method in (times(1.0), noise, turned)]


def _changing(metric: Metric[Any]) -> list[Tensor]:
    """A few pixels for the model and target as they are and noise for all others, and a map that stays."""
    return [metric.score(opened(Answers(rule))).values for rule in (_its_own, ramp)]


def _staying(metric: Metric[Any]) -> list[Tensor]:
    """A map that stays, and noise that is drawn anew for every model, input and target."""
    return [metric.score(opened(Answers(rule))).values for rule in (ramp, _anew)]


def _concentrated(metric: Metric[Any]) -> list[Tensor]:
    """One pixel, noise, the same everywhere."""
    spike = Answers(lambda query: (ramp(query) == ramp(query).max()).to(query.inputs))
    flat = Answers(lambda query: torch.ones_like(query.inputs))
    return [metric.score(opened(method)).values for method in (spike, Answers(_anew), flat)]


def _anew(query: Query) -> Tensor:
    return torch.stack([draw(*SHAPE, seed=seed_of(query, i)) for i in range(len(query))])


def _its_own(query: Query) -> Tensor:
    known = query.model.digest == world().digest and torch.equal(
        query.targets, query.model.module(query.inputs).argmax(1)
    )
    return ramp(query) ** 8 if known else _anew(query)


PLANTED: Mapping[str, Maps] = {
    "faithfulness": _removal,
    "region": _removal,
    "localisation": _located,
    "sanity": _changing,
    "robustness": _staying,
    "consistency": _staying,
    "complexity": _concentrated,
}
"""By family."""
