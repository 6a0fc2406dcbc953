"""C15: a map is read as it lies, height before width."""

from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

from torch import Tensor

from whybench.checking.clause import Inapplicable, clause, insist
from whybench.checking.metric_world import Answers
from whybench.checking.of_metrics.additive_world import Sum, explained, oracle, summing, weights
from whybench.errors import Unsupported
from whybench.protocols import Metric, Query

Rule = Callable[[Query], Tensor]
SHAPES = ((1, 4, 4), (1, 4, 6))
"""On the square one, a map and its twin change places where height and width do."""
ALIKE = 1e-9
LAWS = ("axiom", "consistency")
"""Families in which the planted map keeps the law that is measured."""


def following(query: Query) -> Tensor:
    """The image itself, which moves when it does."""
    return query.inputs.clone()


PLANTED: Mapping[str, Rule] = {
    "faithfulness": oracle,
    "region": oracle,
    "localisation": oracle,
    "axiom": oracle,
    "consistency": following,
}
"""The best map by family."""


@clause(
    15,
    "metric",
    "height and width",
    "A map is read as it lies, height before width: the best map, whose evidence lies at the top right, has a better "
    "score than the same map with height and width exchanged. Where it does not matter on a square image that model, "
    "image and map are all exchanged, it does not on an oblong one.",
    "look for a transposition, sides in the wrong order, or row * height + column in place of row * width + column",
)
def as_it_lies(metric: Metric[Any]) -> None:
    if metric.family not in PLANTED:
        raise Inapplicable(f"metrics of {metric.family} compare maps value by value, wherever these lie")
    told, refused = 0, []
    for shape, rectified in product(SHAPES, (False, True)):
        try:
            told += _told_apart(metric, shape, rectified)
        except Unsupported as reason:
            refused.append(str(reason))
    if not told:
        raise Inapplicable(refused[0] if refused else "it scores a map and the same map transposed alike")
    _all_turned(metric)


def _all_turned(metric: Metric[Any]) -> None:
    """Raises Broken where a metric that takes a square world as its transposed one does not so with an oblong one."""
    square, oblong = SHAPES
    rule = PLANTED[metric.family]
    try:
        straight, turned = (_score(metric, rule, square, turned=each) for each in (False, True))
        if straight is None or turned is None or abs(straight - turned) > ALIKE * max(1.0, abs(straight)):
            return
        straight, turned = (_score(metric, rule, oblong, turned=each) for each in (False, True))
    except Unsupported:
        return
    insist(
        straight is not None and turned is not None and abs(straight - turned) <= ALIKE * max(1.0, abs(straight)),
        f"4 x 6 pixels: the best map scores {straight}; with model, image and map transposed to 6 x 4, {turned}",
    )


def _told_apart(metric: Metric[Any], shape: tuple[int, ...], rectified: bool) -> bool:
    """Whether a map and its transposed twin have two scores; raises Broken where the twin's is the better one."""
    rule = PLANTED[metric.family]
    best, twin = (_score(metric, each, shape, rectified) for each in (rule, lambda query: _turned(rule(query))))
    if best is None or twin is None or abs(best - twin) <= ALIKE * max(1.0, abs(best)):
        return False
    size = f"{shape[1]} x {shape[2]} pixels"
    insist(
        (best > twin) == metric.higher_is_better,
        f"{size}: the best map scores {best:.6g}, the same with height and width exchanged {twin:.6g}, with "
        f"higher_is_better={metric.higher_is_better}",
    )
    if metric.family in LAWS:
        ideal = metric.range[metric.higher_is_better]
        insist(abs(best - ideal) <= ALIKE, f"{size}: a map that keeps the law scores {best:.6g} in place of {ideal:g}")
    return True


def _turned(found: Tensor) -> Tensor:
    """Maps with height and width exchanged, laid out in the shape that they had."""
    return found.mT.reshape(found.shape)


def _score(
    metric: Metric[Any], rule: Rule, shape: tuple[int, ...], rectified: bool = False, turned: bool = False
) -> float | None:
    """The mean over samples on a sum in which the first two columns have no weight; None where one has no score.

    turned: height and width of the whole world are exchanged.
    """
    weight = weights(shape)
    weight[..., :2] = 0
    world = summing(Sum(True, weight.mT.contiguous() if turned else weight, rectified))
    values = metric.score(explained(metric, Answers(rule), world, turned)).values
    return None if values.isnan().any() else float(values.mean())
