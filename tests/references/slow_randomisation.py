"""Metrics that ask for maps of networks that know nothing: outputs that mean nothing, other weights, other labels.

Weights in another order give windows of the pool two largest values now and then; the first of them wins.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cache
from math import log

import numpy as np
import torch
from slow_costs import pearson, ranks
from slow_streams import generator, normal, permutation
from slow_world import (
    CLASSES,
    IDS,
    INPUTS,
    LEARNED,
    NETWORK,
    TARGETS,
    TRAINING,
    Array,
    SlowNetwork,
    explanation,
    judged,
)

PAIRS = 5
SEEDS, BINS = 2, 100
COPIES, NOISE = 3, 0.1
LINEAR, CONVOLUTION = {"weights": "4.weight", "offsets": "4.bias"}, {"filters": "0.weight", "biases": "0.bias"}
"""The parameters of the two layers, and what they are called where their values are drawn."""

Layer = dict[str, str]


def spearman(a: Array, b: Array) -> float:
    return pearson(ranks(a.ravel()), ranks(b.ravel()))


def cosine_convergence(i: int) -> float:
    """The mean |cos| of two gradients at the image, of outputs weighted at random."""
    gradients = np.array([NETWORK.gradient(INPUTS[i], target).ravel() for target in range(CLASSES)])
    found = []
    for pair in range(PAIRS):
        v, w = (normal("cosine_convergence", IDS[i], 2 * pair + k, (CLASSES,)) @ gradients for k in range(2))
        found.append(abs(v @ w) / ((v @ v) * (w @ w)) ** 0.5)
    return float(np.mean(found))


# Weights in another order, layer by layer


@cache
def shuffled(layers: tuple[str, ...], seed: int) -> SlowNetwork:
    """The network with the values of some parameters in an order that is drawn for each."""
    names, values = {**LINEAR, **CONVOLUTION}, {}
    for field in layers:
        before = getattr(NETWORK, field)
        order = torch.randperm(before.size, generator=generator(f"mprt/{names[field]}", str(seed), 0)).tolist()
        values[field] = np.array([before.ravel()[place] for place in order]).reshape(before.shape)
    return replace(NETWORK, **values)


def cascade(layers: Sequence[Layer], seed: int) -> list[SlowNetwork]:
    """The first layer shuffled, then the first two."""
    return [shuffled((*layers[0],), seed), shuffled((*layers[0], *layers[1]), seed)]


def likeness(show: Callable[[SlowNetwork], Array], layers: Sequence[Layer], seeds: int) -> float:
    """The mean rank correlation of a map with those on shuffled networks."""
    networks = [network for seed in range(seeds) for network in cascade(layers, seed)]
    return float(np.mean([spearman(show(NETWORK), show(network)) for network in networks]))


def mprt(i: int) -> float:
    """From the output down."""
    return likeness(lambda network: explanation(INPUTS[i], TARGETS[i], network), (LINEAR, CONVOLUTION), SEEDS)


def smooth_mprt(i: int) -> float:
    """From the input up, of maps averaged over noisy copies."""
    spread = NOISE * (INPUTS[i].max() - INPUTS[i].min())
    copies = [INPUTS[i] + spread * normal("smooth_mprt", IDS[i], copy, INPUTS[i].shape) for copy in range(COPIES)]

    def smooth(network: SlowNetwork) -> Array:
        maps: Array = np.mean([explanation(copy, TARGETS[i], network) for copy in copies], 0)
        return maps

    return likeness(smooth, (CONVOLUTION, LINEAR), 1)


def histogram_entropy(values: Array) -> float:
    """Of equal bins from the lowest to the highest, in exact fractions, so that no edge is rounded."""
    exact = [Fraction(value) for value in values.ravel()]
    low, high = min(exact), max(exact)
    bins = [min(int((value - low) / (high - low) * BINS), BINS - 1) for value in exact]
    shares = [bins.count(each) / len(bins) for each in set(bins)]
    return -sum(share * log(share) for share in shares)


def efficient_mprt(i: int) -> float:
    """The mean relative rise of the entropy of the map's histogram, with all layers shuffled."""
    before = histogram_entropy(judged(i))
    networks = [cascade((LINEAR, CONVOLUTION), seed)[-1] for seed in range(SEEDS)]
    after = [histogram_entropy(explanation(INPUTS[i], TARGETS[i], network)) for network in networks]
    return float(np.mean([(each - before) / before for each in after]))


# Labels in another order


@cache
def memorised() -> SlowNetwork:
    """The last layer of smallest weights that gives the training images their labels in another order."""
    steps = [NETWORK.run(x) for x in TRAINING]
    labels = [int(np.argmax(steps[place].logits)) for place in permutation("data_randomisation", "", 0, LEARNED)]
    reads = np.array([[*step.pooled, 1.0] for step in steps])
    weights = reads.T @ np.linalg.solve(reads @ reads.T, np.eye(CLASSES)[labels])
    network = replace(NETWORK, weights=weights[:-1].T, offsets=weights[-1])
    assert [int(np.argmax(network.run(x).logits)) for x in TRAINING] == labels
    return network


def data_randomisation(i: int) -> float:
    return spearman(judged(i), explanation(INPUTS[i], TARGETS[i], memorised()))
