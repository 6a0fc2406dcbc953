"""A network of integers, written out: a convolution, a rectifier, a max pool and a linear layer, number by number.

The last layer counts in 64ths, so that answers are of the size of logits and exact all the same. No two values of a
pool's window are equal and none is at the kink, so that nothing hangs on which of them comes first.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
CHANNELS, HEIGHT, WIDTH = 2, 4, 6
FILTERS, KERNEL, CLASSES = 3, 3, 3
SAMPLES, LEARNED = 3, 6
BASELINE, MEAN, LOW, HIGH = 0.0, 1.0, -8.0, 8.0
"""Of the inputs: what stands for an empty one, the data's mean, and where they end."""
SEED = 0


def integers(shape: tuple[int, ...], start: int, modulus: int) -> Array:
    """Whole numbers around 0 that look drawn and are not: squares modulo a prime."""
    count = int(np.prod(shape))
    squares = [((start + 3 * i) ** 2 + 5 * i) % modulus - modulus // 2 for i in range(count)]
    return np.array(squares, dtype=np.float64).reshape(shape)


@dataclass(frozen=True)
class Steps:
    """What a pass through the network leaves: convolution, rectified, winners of the pool, pooled, logits."""

    z: Array
    a: Array
    winners: list[int]
    pooled: Array
    logits: Array


@dataclass(frozen=True)
class SlowNetwork:
    """logits = linear(max pool 2 x 2 (relu (convolution 3 x 3, padding 1))); images (2, height, width)."""

    filters: Array = field(default_factory=lambda: integers((FILTERS, CHANNELS, KERNEL, KERNEL), 1, 11))
    biases: Array = field(default_factory=lambda: integers((FILTERS,), 2, 5) + 0.5)
    weights: Array = field(default_factory=lambda: integers((CLASSES, FILTERS * HEIGHT * WIDTH // 4), 1, 11) / 64)
    offsets: Array = field(default_factory=lambda: integers((CLASSES,), 3, 5))

    def run(self, x: Array) -> Steps:
        z = (self.matrix @ x.ravel() + self.constants).reshape(FILTERS, HEIGHT, WIDTH)
        a = np.maximum(z, 0)
        winners, pooled = [], []
        for k, u, v in np.ndindex(FILTERS, HEIGHT // 2, WIDTH // 2):
            places = [(k, 2 * u + i, 2 * v + j) for i in range(2) for j in range(2)]
            best = max(places, key=lambda place: a[place])
            winners.append(int(np.ravel_multi_index(best, a.shape)))
            pooled.append(a[best])
        logits = self.weights @ np.array(pooled) + self.offsets
        return Steps(z, a, winners, np.array(pooled), logits)

    def seen(self, u: int, v: int) -> list[tuple[tuple[int, int, int], tuple[int, int, int]]]:
        """What a filter at (u, v) reads: places in the filter and in the image, those in the padding left out."""
        found = []
        for c, i, j in np.ndindex(CHANNELS, KERNEL, KERNEL):
            p, q = u + i - 1, v + j - 1
            if 0 <= p < HEIGHT and 0 <= q < WIDTH:
                found.append(((c, i, j), (c, p, q)))
        return found

    @cached_property
    def matrix(self) -> Array:
        """The convolution as weights (outputs, inputs)."""
        found = np.zeros((FILTERS * HEIGHT * WIDTH, CHANNELS * HEIGHT * WIDTH))
        for row, (k, u, v) in enumerate(np.ndindex(FILTERS, HEIGHT, WIDTH)):
            for at, there in self.seen(u, v):
                found[row, np.ravel_multi_index(there, (CHANNELS, HEIGHT, WIDTH))] = self.filters[k][at]
        return found

    @cached_property
    def constants(self) -> Array:
        """The convolution's bias, one an output."""
        return np.repeat(self.biases, HEIGHT * WIDTH)

    def unpooled(self, values: Array, winners: list[int]) -> Array:
        """What reaches the rectified maps: each pooled value at its winner."""
        found = np.zeros(FILTERS * HEIGHT * WIDTH)
        for value, winner in zip(values, winners, strict=True):
            found[winner] += value
        return found

    def logit(self, x: Array, target: int) -> float:
        return float(self.run(x).logits[target])

    def map_gradient(self, x: Array, target: int) -> Array:
        """The gradient of a logit with respect to the rectified maps."""
        return self.unpooled(self.weights[target], self.run(x).winners)

    def gradient(self, x: Array, target: int) -> Array:
        """The gradient of a logit with respect to the image."""
        upper = self.map_gradient(x, target) * (self.run(x).z.ravel() > 0)
        return (upper @ self.matrix).reshape(x.shape)


def twins() -> SlowNetwork:
    """The same reading each pixel by itself, and not the last window: pixels of a window can be swapped."""
    alone = np.zeros((KERNEL, KERNEL))
    alone[KERNEL // 2, KERNEL // 2] = 1
    weights = SlowNetwork().weights.reshape(CLASSES, FILTERS, -1).copy()
    weights[:, :, -1] = 0
    return SlowNetwork(filters=SlowNetwork().filters * alone, weights=weights.reshape(CLASSES, -1))


NETWORK = SlowNetwork()
TWINS = twins()
INPUTS = integers((SAMPLES, CHANNELS, HEIGHT, WIDTH), 6, 17)
TRAINING = integers((LEARNED, CHANNELS, HEIGHT, WIDTH), 25, 17)
IDS = tuple(f"sample {i}" for i in range(SAMPLES))
TARGETS = [int(np.argmax(NETWORK.run(x).logits)) for x in INPUTS]
MASKS = np.zeros((SAMPLES, HEIGHT, WIDTH), dtype=bool)
"""One tile of four a sample."""
for _i in range(SAMPLES):
    _top, _left = _i // 2 * HEIGHT // 2, _i % 2 * WIDTH // 2
    MASKS[_i, _top : _top + HEIGHT // 2, _left : _left + WIDTH // 2] = True


def explanation(x: Array, target: int, network: SlowNetwork = NETWORK) -> Array:
    """Input x gradient, as one value a pixel."""
    return (x * network.gradient(x, target)).sum(0)


def judged(i: int) -> Array:
    """The map that metrics are shown."""
    return explanation(INPUTS[i], TARGETS[i])
