"""Metrics that find out which pixels the network uses, and which of them it treats alike."""

from collections.abc import Callable

import numpy as np
from slow_gradients import noisy_gradients
from slow_streams import normal, uniform
from slow_world import HEIGHT, IDS, INPUTS, NETWORK, TARGETS, TWINS, WIDTH, Array, SlowNetwork, explanation, judged

PIXELS = HEIGHT * WIDTH
DRAWS, CANDIDATES = 2, 200
RELEVANT, ROUNDING = 1e-6, 1e-12


def target(network: SlowNetwork, i: int) -> int:
    return int(np.argmax(network.run(INPUTS[i]).logits))


def smooth_norm(network: SlowNetwork, x: Array, i: int) -> Array:
    """The mean of gradients at noisy copies, its channels' norm at each pixel."""
    mean = np.mean(noisy_gradients(network, x, IDS[i], target(network, i)), 0)
    return np.sqrt((mean**2).sum(0)).ravel()


def moves(network: SlowNetwork, i: int, before: Array, after: Array) -> bool:
    """Whether the explained output changes by more than rounding."""
    logit = network.logit(after, target(network, i)) - network.logit(before, target(network, i))
    return abs(logit) > ROUNDING


def width(i: int) -> float:
    return float(INPUTS[i].max() - INPUTS[i].min())


# What is used


def used(network: SlowNetwork, i: int, pixel: int) -> bool:
    """Whether the output moves with noise on that pixel alone."""
    u, v = divmod(pixel, WIDTH)
    for draw in range(DRAWS):
        x = INPUTS[i].copy()
        x[:, u, v] += width(i) * normal("used_regions", IDS[i], draw, x.shape)[:, u, v]
        if moves(network, i, INPUTS[i], x):
            return True
    return False


def wrong(network: SlowNetwork, i: int, values: Array) -> float:
    """The share of pixels that are relevant and not used, or used and not relevant."""
    relevant = np.abs(values) > RELEVANT * np.abs(values).max()
    return sum(bool(relevant[p]) != used(network, i, p) for p in range(PIXELS)) / PIXELS


def non_sensitivity(i: int) -> float:
    return wrong(NETWORK, i, judged(i).ravel())


def non_sensitivity_of_twins(i: int) -> float:
    return wrong(TWINS, i, smooth_norm(TWINS, INPUTS[i], i))


# What is treated alike


def swapped(x: Array, pairs: list[tuple[int, int]]) -> Array:
    found = x.reshape(-1, PIXELS).copy()
    for p, q in pairs:
        found[:, [p, q]] = found[:, [q, p]]
    return found.reshape(x.shape)


def candidates() -> list[tuple[int, int]]:
    """Some of all pairs, drawn once for all samples."""
    first, step = uniform("interchangeable_features", "", 0, (2, CANDIDATES))
    places = [(int(a * PIXELS), 1 + int(b * (PIXELS - 1))) for a, b in zip(first, step, strict=True)]
    return [(place, (place + apart) % PIXELS) for place, apart in places]


def alike(network: SlowNetwork, i: int) -> list[tuple[int, int]]:
    """Pairs whose swap moves the output neither at the image nor at noisy copies, each pixel in the first that fits."""
    noise = [normal("interchangeable_features", IDS[i], draw, INPUTS[i].shape) for draw in range(1, DRAWS + 1)]
    copies = [INPUTS[i], *(INPUTS[i] + width(i) * one for one in noise)]
    found: list[tuple[int, int]] = []
    for pair in candidates():
        taken = {pixel for other in found for pixel in other}
        if not taken & set(pair) and not any(moves(network, i, x, swapped(x, [pair])) for x in copies):
            found.append(pair)
    return found


def asymmetry(network: SlowNetwork, i: int, explain: Callable[[Array], Array]) -> float | None:
    """|R(Sx) - S R(x)| / |R(x)|, S the swap of all pairs; undefined without any."""
    pairs, before = alike(network, i), explain(INPUTS[i])
    if not pairs:
        return None
    after = explain(swapped(INPUTS[i], pairs))
    return float(np.abs(after - swapped(before, pairs)).sum() / np.abs(before).sum())


def symmetry(i: int) -> float | None:
    return asymmetry(NETWORK, i, lambda x: explanation(x, TARGETS[i]).ravel())


def symmetry_of_twins(i: int) -> float | None:
    return asymmetry(TWINS, i, lambda x: smooth_norm(TWINS, x, i))
