"""Metrics of how far the map moves when every value of the image moves by less than a radius."""

from collections.abc import Callable

import numpy as np
from slow_streams import uniform
from slow_world import IDS, INPUTS, NETWORK, TARGETS, Array, explanation, judged

DRAWS, RADIUS, WIDE = 10, 0.02, 4.0
FLOOR = 1e-6
"""What is divided by counts as at least this share of the largest value in its vector."""


def size(values: Array) -> float:
    return float((values * values).sum() ** 0.5)


def same_class(i: int, x: Array) -> bool:
    return bool(np.argmax(NETWORK.run(x).logits) == np.argmax(NETWORK.run(INPUTS[i]).logits))


def nearby(i: int, radius: float = RADIUS) -> list[Array]:
    draws = [uniform("nearby", IDS[i], draw, INPUTS[i].shape) for draw in range(DRAWS)]
    return [INPUTS[i] + radius * (2 * drawn - 1) for drawn in draws]


def map_change(i: int, x: Array) -> float:
    return size(explanation(x, TARGETS[i]) - judged(i))


def sensitivity_max(i: int) -> float:
    """max of |R(x') - R(x)|_2 / |R(x)|_2."""
    return max(map_change(i, x) / size(judged(i)) for x in nearby(i))


def local_lipschitz(i: int) -> float:
    """max of |R(x') - R(x)|_2 / |x' - x|_2, by the size of the map."""
    return max(map_change(i, x) / (size(x - INPUTS[i]) * size(judged(i))) for x in nearby(i))


def relative(before: Array, after: Array) -> float:
    """|(after - before) / before|_2, element by element."""
    floor = FLOOR * max(abs(value) for value in before.ravel())
    pairs = zip(before.ravel(), after.ravel(), strict=True)
    return float(sum(((b - a) / max(abs(a), floor)) ** 2 for a, b in pairs) ** 0.5)


def input_change(i: int, x: Array) -> float:
    return relative(INPUTS[i], x)


def output_change(i: int, x: Array) -> float:
    return size(NETWORK.run(x).logits - NETWORK.run(INPUTS[i]).logits)


def representation_change(i: int, x: Array) -> float:
    """Of what the linear layer reads."""
    return relative(NETWORK.run(INPUTS[i]).pooled, NETWORK.run(x).pooled)


def relative_stability(i: int, change: Callable[[int, Array], float], radius: float = RADIUS) -> float:
    """The largest relative change of the map beside another change, where the class stays."""
    kept = [x for x in nearby(i, radius) if same_class(i, x)]
    return max(relative(judged(i), explanation(x, TARGETS[i])) / change(i, x) for x in kept)


def relative_input_stability(i: int) -> float:
    return relative_stability(i, input_change)


def relative_output_stability(i: int) -> float:
    return relative_stability(i, output_change)


def relative_representation_stability(i: int) -> float:
    return relative_stability(i, representation_change)


# So far away that the class often changes


def relative_input_stability_wide(i: int) -> float:
    return relative_stability(i, input_change, WIDE)


def relative_output_stability_wide(i: int) -> float:
    return relative_stability(i, output_change, WIDE)


def relative_representation_stability_wide(i: int) -> float:
    return relative_stability(i, representation_change, WIDE)
