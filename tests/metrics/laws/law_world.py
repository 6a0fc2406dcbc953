"""The small classifier of `whybench.checking`, and every metric with parameters that suit it."""

from typing import Any

from whybench.checking.metric_world import (
    ASKED,
    F64,
    SAMPLES,
    SHAPE,
    Answers,
    Tilted,
    draw,
    images,
    judged,
    masks,
    network,
    opened,
    scaled,
    seed_of,
    world,
)
from whybench.checking.quick import FEWER
from whybench.protocols import Metric
from whybench.registries import fill, metrics

__all__ = [
    "ASKED",
    "F64",
    "SAMPLES",
    "SHAPE",
    "Answers",
    "Tilted",
    "draw",
    "images",
    "judged",
    "masks",
    "names",
    "network",
    "opened",
    "scaled",
    "seed_of",
    "small",
    "world",
]


def names() -> list[str]:
    """Every registered metric of attributions, those of other libraries apart: they keep their own laws."""
    fill()
    return [name for name in metrics if metrics[name].kind.kind == "attribution" and "/" not in name]


def small(name: str) -> Metric[Any]:
    """A metric with its default parameters, or fewer draws."""
    metric: Metric[Any] = metrics[name](**FEWER.get(name, {}))
    return metric
