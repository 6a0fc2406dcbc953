"""Known scores of the metrics that compare a map with a mask, or look at nothing but the map."""

import math
from collections.abc import Callable, Mapping

import torch
from planting import F64, Additive, Planted, Scene, Seen, one_hot, plant, told
from torch import Tensor

from whybench.metrics.attribution import (
    Complexity,
    EffectiveComplexity,
    Focus,
    Gini,
    OutsideInsideRatio,
    PointingGame,
    RankAccuracy,
    RelevanceMass,
    RocAuc,
    TopKIntersection,
)
from whybench.protocols import Metric

IMAGE = torch.zeros(1, 1, 4, 4, dtype=F64)
MASK = torch.zeros(1, 4, 4, dtype=torch.bool)
MASK[0, :2, 2:] = True
PLACE = Scene(Additive(torch.zeros(1, 4, 4, dtype=F64)), IMAGE, masks=MASK)


def pointed(metric: Metric) -> Planted:
    """The mask as a map, and its complement."""
    best, worst = (
        Seen(metric, PLACE, told(where[:, None].double()), score) for where, score in ((MASK, 1.0), (~MASK, 0.0))
    )
    return Planted(best, worst, [worst], [best])


POINTED: Mapping[str, Metric] = {
    "focus": Focus(),
    "pointing_game": PointingGame(tolerance=0),
    "rank_accuracy": RankAccuracy(),
    "relevance_mass": RelevanceMass(),
    "roc_auc": RocAuc(),
    "top_k_intersection": TopKIntersection(k=3),
}


def _pointed(metric: Metric) -> Callable[[], Planted]:
    return lambda: pointed(metric)


for name, metric in POINTED.items():
    plant(name)(_pointed(metric))


@plant("outside_inside_ratio")
def outside_inside_ratio() -> Planted:
    """The complement's ratio is infinite and counts as the largest one that is told apart."""

    def seen(where: Tensor, score: float, most: float = 100.0) -> Seen:
        return Seen(OutsideInsideRatio(most=most), PLACE, told(where[:, None].double()), score)

    best = seen(MASK, 0.0)
    return Planted(best, seen(~MASK, 100.0), [best], [seen(~MASK, most, most) for most in (100.0, 1e9)])


def seen_size(metric: Metric, values: Tensor, score: float) -> Seen:
    count = values.shape[1]
    return Seen(
        metric, Scene(Additive(torch.zeros(count, dtype=F64)), torch.ones(1, count, dtype=F64)), told(values), score
    )


def sized(metric: Metric, alone: Callable[[int], float], alike: Callable[[int], float]) -> Planted:
    """A map of one feature, which wins whatever the model does, and one in which all features are alike."""
    one, all_ = (
        [seen_size(metric, values(count), score(count)) for count in (3, 1_000_000)]
        for values, score in ((lambda n: one_hot(n // 2, n), alone), (lambda n: torch.ones(1, n, dtype=F64), alike))
    )
    low, high = (one, all_) if alone(4) < alike(4) else (all_, one)
    return Planted(one[0], all_[0], low, high, trivial=one[0])


plant("complexity")(lambda: sized(Complexity(), lambda n: 0.0, math.log))
plant("effective_complexity")(lambda: sized(EffectiveComplexity(), lambda n: 1.0, float))
plant("gini")(lambda: sized(Gini(), lambda n: (n - 1) / n, lambda n: 0.0))
