"""Metrics that ask for maps of networks that know nothing.

Weights in another order give windows of the pool two largest values now and then; the first of them wins.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from math import log

import numpy as np
import torch
from slow_similarities import spearman, ssim
from slow_streams import generator, normal
from slow_world import IDS, INPUTS, NETWORK, TARGETS, Array, SlowNetwork, explanation, judged

Draw = Callable[[Array, torch.Generator], Array]
"""Other values of a parameter."""
SEEDS, BINS, FEW = 2, 100, 10
COPIES, NOISE = 3, 0.1
NAMES = {"weights": "4.weight", "offsets": "4.bias", "filters": "0.weight", "biases": "0.bias"}
"""What parameters are called where their values are drawn."""
LINEAR, CONVOLUTION = ("weights", "offsets"), ("filters", "biases")


def shuffled(values: Array, generator: torch.Generator) -> Array:
    order = torch.randperm(values.size, generator=generator).tolist()
    return np.array([values.ravel()[place] for place in order]).reshape(values.shape)


def redrawn(values: Array, generator: torch.Generator) -> Array:
    """Normal values of the same mean and deviation."""
    drawn: Array = torch.randn(values.shape, generator=generator, dtype=torch.float64).numpy()
    found: Array = values.mean() + values.std() * drawn
    return found


def randomised(draw: Draw, layers: tuple[str, ...], seed: int) -> SlowNetwork:
    """The network with other values of some parameters, each from a stream of its own."""
    streams = {field: generator(f"mprt/{NAMES[field]}", str(seed), 0) for field in layers}
    return replace(NETWORK, **{field: draw(getattr(NETWORK, field), stream) for field, stream in streams.items()})


def likeness(show: Callable[[SlowNetwork], Array], blocks: Sequence[tuple[str, ...]], seeds: int) -> float:
    """The mean rank correlation of a map with those on shuffled networks."""
    networks = [randomised(shuffled, block, seed) for seed in range(seeds) for block in blocks]
    return float(np.mean([spearman(show(NETWORK), show(network)) for network in networks]))


def mprt(i: int) -> float:
    """From the output down."""
    down = (LINEAR, LINEAR + CONVOLUTION)
    return likeness(lambda network: explanation(INPUTS[i], TARGETS[i], network), down, SEEDS)


def mprt_redrawn(i: int) -> float:
    """Each layer by itself, from a normal distribution; by structural similarity."""
    networks = [randomised(redrawn, layer, seed) for seed in range(SEEDS) for layer in (LINEAR, CONVOLUTION)]
    return float(np.mean([ssim(judged(i), explanation(INPUTS[i], TARGETS[i], network)) for network in networks]))


def smooth_mprt(i: int) -> float:
    """From the input up, of maps averaged over noisy copies."""
    spread = NOISE * (INPUTS[i].max() - INPUTS[i].min())
    copies = [INPUTS[i] + spread * normal("smooth_mprt", IDS[i], copy, INPUTS[i].shape) for copy in range(COPIES)]

    def smooth(network: SlowNetwork) -> Array:
        maps: Array = np.mean([explanation(copy, TARGETS[i], network) for copy in copies], 0)
        return maps

    return likeness(smooth, (CONVOLUTION, CONVOLUTION + LINEAR), 1)


def histogram_entropy(values: Array, bins: int) -> float:
    """Of equal bins from the lowest to the highest, in exact fractions, so that no edge is rounded."""
    exact = [Fraction(value) for value in values.ravel()]
    low, high = min(exact), max(exact)
    found = [min(int((value - low) / (high - low) * bins), bins - 1) for value in exact]
    shares = [found.count(each) / len(found) for each in set(found)]
    return -sum(share * log(share) for share in shares)


def rise(i: int, draw: Draw, entropy: Callable[[Array], float]) -> float:
    """The mean relative rise of the map's entropy once all layers are randomised."""
    networks = [randomised(draw, LINEAR + CONVOLUTION, seed) for seed in range(SEEDS)]
    before, after = entropy(judged(i)), [entropy(explanation(INPUTS[i], TARGETS[i], network)) for network in networks]
    return float(np.mean([(each - before) / before for each in after]))


def efficient_mprt(i: int) -> float:
    return rise(i, shuffled, lambda values: histogram_entropy(values, BINS))


def efficient_mprt_absolute(i: int) -> float:
    """Of absolute values in few bins, on redrawn networks."""
    return rise(i, redrawn, lambda values: histogram_entropy(np.abs(values), FEW))
