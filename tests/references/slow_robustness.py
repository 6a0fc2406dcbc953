"""Metrics of how far the map moves when the image moves by a pixel, or every value of it by a little."""

from collections.abc import Callable

import numpy as np
from slow_streams import uniform
from slow_world import HEIGHT, IDS, INPUTS, NETWORK, TARGETS, WIDTH, Array, explanation, judged

DRAWS, RADIUS = 10, 0.02
FLOOR = 1e-6
"""What is divided by counts as at least this share of the largest value in its vector."""
SHIFTS = ((0, 1), (1, 0), (0, -1), (-1, 0))


def size(values: Array) -> float:
    return float((values * values).sum() ** 0.5)


def same_class(i: int, x: Array) -> bool:
    return bool(np.argmax(NETWORK.run(x).logits) == np.argmax(NETWORK.run(INPUTS[i]).logits))


def continuity(i: int) -> float:
    """max over translations of |R(Tx) - R(x)|_1 / |Tx - x|_2, the maps of L1 norm 1, where the class stays."""
    found = []
    for down, right in SHIFTS:
        moved = np.zeros(INPUTS[i].shape)
        for u, v in np.ndindex(HEIGHT, WIDTH):
            above, left = min(max(u - down, 0), HEIGHT - 1), min(max(v - right, 0), WIDTH - 1)
            moved[:, u, v] = INPUTS[i][:, above, left]
        before, after = judged(i), explanation(moved, TARGETS[i])
        change = np.abs(after / np.abs(after).sum() - before / np.abs(before).sum()).sum()
        if same_class(i, moved):
            found.append(float(change) / size(moved - INPUTS[i]))
    return max(found)


# Inputs nearby: every value moved by less than a radius


def nearby(i: int) -> list[Array]:
    draws = [uniform("nearby", IDS[i], draw, INPUTS[i].shape) for draw in range(DRAWS)]
    return [INPUTS[i] + RADIUS * (2 * drawn - 1) for drawn in draws]


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


def relative_stability(i: int, change: Callable[[Array], float]) -> float:
    """The largest relative change of the map beside another change, where the class stays."""
    kept = [x for x in nearby(i) if same_class(i, x)]
    return max(relative(judged(i), explanation(x, TARGETS[i])) / change(x) for x in kept)


def relative_input_stability(i: int) -> float:
    return relative_stability(i, lambda x: relative(INPUTS[i], x))


def relative_output_stability(i: int) -> float:
    return relative_stability(i, lambda x: size(NETWORK.run(x).logits - NETWORK.run(INPUTS[i]).logits))


def relative_representation_stability(i: int) -> float:
    """Of what the linear layer reads."""
    return relative_stability(i, lambda x: relative(NETWORK.run(INPUTS[i]).pooled, NETWORK.run(x).pooled))
