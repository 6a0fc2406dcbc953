"""Greedy orders of regions, by asking about each that is left, and the random control."""

from collections.abc import Callable
from hashlib import sha256

import numpy as np
import torch
from slow_removal import PLAYERS, kept, player
from slow_streams import normal
from slow_world import CHANNELS, CLASSES, FILTERS, HEIGHT, IDS, INPUTS, KERNEL, MEAN, NETWORK, TARGETS, WIDTH, Array
from torch import nn

ALL = frozenset(range(PLAYERS))
"""Of regions of one pixel there are more than twelve: squares of 2 x 2 of them are chosen as one."""


def log_odds(i: int, players: frozenset[int]) -> float:
    logits = NETWORK.run(kept(i, players, MEAN)).logits
    others = np.delete(logits, TARGETS[i])
    return float(logits[TARGETS[i]] - np.log(np.exp(others).sum()))


def ranked(order: list[int]) -> Array:
    """(r - k) / r in each of the four pixels of the region in place k."""
    found = np.zeros((1, HEIGHT, WIDTH))
    for u, v in np.ndindex(HEIGHT, WIDTH):
        found[0, u, v] = 1 - order.index(player(u, v)) / PLAYERS
    return found


def searched(serves: Callable[[frozenset[int]], float]) -> list[int]:
    """One region after another, that which serves best together with those before; of equal ones the first."""
    order: list[int] = []
    while len(order) < PLAYERS:
        left = [p for p in range(PLAYERS) if p not in order]
        order.append(max(left, key=lambda p: (round(serves(frozenset([*order, p])), 9), -p)))
    return order


def greedy_ssr(i: int) -> Array:
    return ranked(searched(lambda back: log_odds(i, back)))


def greedy_sdr(i: int) -> Array:
    return ranked(searched(lambda gone: -log_odds(i, ALL - gone)))


def greedy_ssr_backward(i: int) -> Array:
    """What is taken last from the whole is the most relevant."""
    return ranked(searched(lambda gone: log_odds(i, ALL - gone))[::-1])


def greedy_sdr_backward(i: int) -> Array:
    """What is put last into the empty image is the most relevant."""
    return ranked(searched(lambda back: -log_odds(i, back))[::-1])


# The control is drawn anew for another network and another image: their digests are in the name of the draw


def digest(arrays: dict[str, Array]) -> str:
    """sha256 over name, type, shape and bytes of each, in the order of their names."""
    parts = [f"{name}:torch.float64:{arrays[name].shape}:".encode() + arrays[name].tobytes() for name in sorted(arrays)]
    return sha256(b"".join(parts)).hexdigest()


def random(i: int) -> Array:
    with torch.device("meta"):  # has no weights, and draws none
        convolution = nn.Conv2d(CHANNELS, FILTERS, KERNEL, padding=1)
        linear = nn.Linear(FILTERS * HEIGHT * WIDTH // 4, CLASSES)
    printed = repr(nn.Sequential(convolution, nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), linear))
    values = {
        "0.weight": NETWORK.filters,
        "0.bias": NETWORK.biases,
        "4.weight": NETWORK.weights,
        "4.bias": NETWORK.offsets,
    }
    network = sha256((printed + digest(values)).encode()).hexdigest()
    return normal(f"random/{network}/{digest({'input': INPUTS[i]})}", IDS[i], 0, INPUTS[i].shape)
