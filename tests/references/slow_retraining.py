"""Metrics for which the last layer is learned again, of images without their most relevant pixels or other labels."""

from dataclasses import replace
from functools import cache

import numpy as np
from slow_similarities import spearman
from slow_streams import permutation
from slow_world import (
    CLASSES,
    HEIGHT,
    IDS,
    INPUTS,
    MEAN,
    NETWORK,
    TARGETS,
    TRAINING,
    WIDTH,
    Array,
    SlowNetwork,
    explanation,
    judged,
)

PERCENTAGES = 20, 70
LABELS = [int(np.argmax(NETWORK.run(x).logits)) for x in TRAINING]
"""Of the training images, those that the network gives them."""


def without(x: Array, values: Array, name: str, percentage: int) -> Array:
    """The mean in the place of the most relevant pixels, equal ones in an order that is drawn."""
    ties = permutation("sweep/ties", name, 0, HEIGHT * WIDTH)
    order = sorted(range(HEIGHT * WIDTH), key=lambda pixel: (-values.ravel()[pixel], ties.index(pixel)))
    left = x.reshape(len(x), -1).copy()
    for pixel in order[: HEIGHT * WIDTH * percentage // 100]:
        left[:, pixel] = MEAN
    return left.reshape(x.shape)


def features(x: Array) -> Array:
    """What the last layer reads, and 1 for its offset."""
    return np.append(NETWORK.run(x).pooled, 1.0)


def fitted(rows: Array, labels: list[int]) -> Array:
    """The smallest weights that give each row 1 at its class and 0 elsewhere, (classes, features)."""
    return np.linalg.solve(rows @ rows.T, np.eye(CLASSES)[labels]).T @ rows


def learned(percentage: int) -> Array:
    seen = [
        features(without(x, explanation(x, label), f"training {j}", percentage))
        for j, (x, label) in enumerate(zip(TRAINING, LABELS, strict=True))
    ]
    return fitted(np.array(seen), LABELS)


def roar(i: int) -> float:
    """The probability of the class, the mean over percentages, each with a training of its own."""
    found = []
    for percentage in PERCENTAGES:
        logits = learned(percentage) @ features(without(INPUTS[i], judged(i), IDS[i], percentage))
        shifted = np.exp(logits - logits.max())
        found.append(shifted[TARGETS[i]] / shifted.sum())
    return float(np.mean(found))


@cache
def memorised() -> SlowNetwork:
    """The network that has learned the labels in another order."""
    labels = [LABELS[place] for place in permutation("data_randomisation", "", 0, len(LABELS))]
    weights = fitted(np.array([features(x) for x in TRAINING]), labels)
    network = replace(NETWORK, weights=weights[:, :-1], offsets=weights[:, -1])
    assert [int(np.argmax(network.run(x).logits)) for x in TRAINING] == labels
    return network


def data_randomisation(i: int) -> float:
    return spearman(judged(i), explanation(INPUTS[i], TARGETS[i], memorised()))
