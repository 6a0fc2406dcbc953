"""ROAR: the last layer is learned again, of images without their most relevant pixels."""

import numpy as np
from slow_streams import permutation
from slow_world import CLASSES, HEIGHT, IDS, INPUTS, MEAN, NETWORK, TARGETS, TRAINING, WIDTH, Array, explanation, judged

PERCENTAGES = 20, 70


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


def learned(percentage: int) -> Array:
    """The smallest weights that give each training image 1 at its class and 0 elsewhere, (classes, features)."""
    seen, wanted = [], []
    for j, x in enumerate(TRAINING):
        label = int(np.argmax(NETWORK.run(x).logits))
        seen.append(features(without(x, explanation(x, label), f"training {j}", percentage)))
        wanted.append([float(c == label) for c in range(CLASSES)])
    rows = np.array(seen)
    return np.linalg.solve(rows @ rows.T, np.array(wanted)).T @ rows


def roar(i: int) -> float:
    """The probability of the class, the mean over percentages, each with a training of its own."""
    found = []
    for percentage in PERCENTAGES:
        logits = learned(percentage) @ features(without(INPUTS[i], judged(i), IDS[i], percentage))
        shifted = np.exp(logits - logits.max())
        found.append(shifted[TARGETS[i]] / shifted.sum())
    return float(np.mean(found))
