"""Methods made of gradients, sample by sample, from their definitions."""

from collections.abc import Callable

import numpy as np
from slow_streams import normal, uniform
from slow_world import BASELINE, IDS, INPUTS, NETWORK, TARGETS, TRAINING, Array, SlowNetwork

STEPS, COPIES, NOISE, DRAWS = 50, 25, 0.15, 50


def gradient(i: int) -> Array:
    return NETWORK.gradient(INPUTS[i], TARGETS[i])


def sensitivity(i: int) -> Array:
    return gradient(i) ** 2


def input_x_gradient(i: int) -> Array:
    return INPUTS[i] * gradient(i)


def integrated_gradients(i: int) -> Array:
    return integrated(INPUTS[i], BASELINE, lambda x: NETWORK.gradient(x, TARGETS[i]))


def integrated(x: Array, baseline: float, slope: Callable[[Array], Array]) -> Array:
    """Slopes along the way from the baseline, by Gauss and Legendre."""
    nodes, weights = np.polynomial.legendre.leggauss(STEPS)
    distance, total = x - baseline, np.zeros(x.shape)
    for node, weight in zip(nodes, weights, strict=True):
        total += weight / 2 * slope(baseline + (node + 1) / 2 * distance)
    return distance * total


def expected_gradients(i: int) -> Array:
    total = np.zeros(INPUTS[i].shape)
    for draw in range(DRAWS):
        which, position = uniform("expected_gradients", IDS[i], draw, (2,))
        distance = INPUTS[i] - TRAINING[int(which * len(TRAINING))]
        point = TRAINING[int(which * len(TRAINING))] + position * distance
        total += distance * NETWORK.gradient(point, TARGETS[i])
    return total / DRAWS


def noisy(i: int) -> list[Array]:
    return noisy_gradients(NETWORK, INPUTS[i], IDS[i], TARGETS[i])


def noisy_gradients(network: SlowNetwork, x: Array, name: str, target: int) -> list[Array]:
    """The gradients at noisy copies."""
    spread = NOISE * (x.max() - x.min())
    copies = [x + spread * normal("noisy_gradients", name, copy, x.shape) for copy in range(COPIES)]
    return [network.gradient(copy, target) for copy in copies]


def smooth_grad(i: int) -> Array:
    return np.mean(noisy(i), 0)


def smooth_grad_squared(i: int) -> Array:
    return np.mean([g**2 for g in noisy(i)], 0)


def var_grad(i: int) -> Array:
    mean = np.mean(noisy(i), 0)
    return np.mean([(g - mean) ** 2 for g in noisy(i)], 0)


def guided_backprop(i: int) -> Array:
    """At a rectifier nothing negative goes down, and nothing where it is closed."""
    upper = np.maximum(NETWORK.map_gradient(INPUTS[i], TARGETS[i]), 0) * (NETWORK.run(INPUTS[i]).z.ravel() > 0)
    return (upper @ NETWORK.matrix).reshape(INPUTS[i].shape)


def deconvnet(i: int) -> Array:
    """At a rectifier nothing negative goes down, whether it is open or closed."""
    upper = np.maximum(NETWORK.map_gradient(INPUTS[i], TARGETS[i]), 0)
    return (upper @ NETWORK.matrix).reshape(INPUTS[i].shape)


def rescaled(i: int, base: Array) -> Array:
    """DeepLIFT: difference quotients at rectifiers; all of a pool's change is the winner's of the larger side."""
    here, there = NETWORK.run(INPUTS[i]), NETWORK.run(base)
    after, before = here.a.ravel(), there.a.ravel()
    pools = np.zeros(after.size)
    for k, upper in enumerate(NETWORK.weights[TARGETS[i]]):
        winner = (here if here.pooled[k] >= there.pooled[k] else there).winners[k]
        change = after[winner] - before[winner]
        pools[winner] += upper * ((here.pooled[k] - there.pooled[k]) / change if change else 1.0)
    pairs = zip(here.z.ravel(), there.z.ravel(), strict=True)
    slopes = [(max(p, 0) - max(q, 0)) / (p - q) if p != q else float(p > 0) for p, q in pairs]
    return ((INPUTS[i] - base).ravel() * ((pools * slopes) @ NETWORK.matrix)).reshape(INPUTS[i].shape)


def deep_lift(i: int) -> Array:
    return rescaled(i, np.full(INPUTS[i].shape, BASELINE))


def deep_shap(i: int) -> Array:
    """All training samples are the background."""
    return np.mean([rescaled(i, base) for base in TRAINING], 0)
