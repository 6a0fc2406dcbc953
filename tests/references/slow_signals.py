"""Pattern quality: what a regression finds of a neuron's output in what its pattern leaves over."""

import numpy as np
from slow_patterns import patches, pattern
from slow_world import FILTERS, INPUTS, NETWORK, TRAINING, Array

RIDGE = 1e-3


def read(images: Array) -> list[Array]:
    """What the neurons of the convolution and of the linear layer read: (patches, values) each."""
    return [patches(images), np.array([NETWORK.run(x).pooled for x in images])]


NEURONS = [
    (NETWORK.filters.reshape(FILTERS, -1), NETWORK.biases),
    (NETWORK.weights, NETWORK.offsets),
]


def residual(known: Array, seen: Array, weight: Array, bias: float) -> Array:
    """x - S(x), S(x) = a+ y where the neuron is active and a- y elsewhere; patterns from what is known."""
    y = seen @ weight
    active, inactive = pattern(known, weight, bias), pattern(known, weight, bias, active=False)
    return seen - np.where((y + bias > 0)[:, None], active, inactive) * y[:, None]


def left_over(known: Array, fitted: Array, asked: Array, weight: Array, bias: float) -> Array:
    """z(y) z(v.(x - S(x))) of all that is asked, v and both scales from what v is fitted to."""
    y, rest = fitted @ weight, residual(known, fitted, weight, bias)
    centred = rest - rest.mean(0)
    covariance = centred.T @ centred / len(rest)
    penalty = RIDGE * np.trace(covariance) / len(covariance)
    with_y = centred.T @ (y - y.mean()) / len(rest)
    v = np.linalg.solve(covariance + penalty * np.eye(len(covariance)), with_y)
    told = rest @ v
    new = residual(known, asked, weight, bias) @ v
    return (asked @ weight - y.mean()) / y.std() * (new - told.mean()) / told.std()


def pattern_quality(i: int) -> float:
    """1 less the mean over a layer's neurons and patches; the mean of both layers."""
    layers = []
    for known, fitted, asked, (weights, biases) in zip(
        read(TRAINING[::2]), read(TRAINING[1::2]), read(INPUTS[i : i + 1]), NEURONS, strict=True
    ):
        each = [left_over(known, fitted, asked, w, b) for w, b in zip(weights, biases, strict=True)]
        layers.append(1 - np.mean(each))
    return float(np.mean(layers))
