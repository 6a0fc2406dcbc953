"""Descent by hand: the network on a graph, scores of its answers, coarse masks on pixels, steps of two optimisers."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from slow_world import HEIGHT, NETWORK, WIDTH
from torch import Tensor


def logits(x: Tensor) -> Tensor:
    """The slow pass once more, with which of each pool's values wins from there."""
    matrix, constants, weights, offsets = map(
        torch.as_tensor, (NETWORK.matrix, NETWORK.constants, NETWORK.weights, NETWORK.offsets)
    )
    return weights @ (matrix @ x.ravel() + constants).relu()[NETWORK.run(x.detach().numpy()).winners] + offsets


def log_odds(x: Tensor, target: int) -> Tensor:
    """log p - log(1 - p) of the target's probability."""
    said = logits(x)
    return said[target] - torch.cat([said[:target], said[target + 1 :]]).exp().sum().log()


def log_probability(x: Tensor, target: int) -> Tensor:
    said = logits(x)
    return said[target] - said.exp().sum().log()


def enlarged(cells: Tensor) -> Tensor:
    """Cells brought to the pixels by bilinear interpolation between their centres."""
    return between(cells.shape[0], HEIGHT) @ cells @ between(cells.shape[1], WIDTH).T


def between(cells: int, pixels: int) -> Tensor:
    """Each pixel's shares of the two cells whose centres are next to its own, (pixels, cells)."""
    found = torch.zeros(pixels, cells, dtype=torch.float64)
    for pixel in range(pixels):
        at = min(max((pixel + 0.5) * cells / pixels - 0.5, 0), cells - 1)
        found[pixel, int(at)] += 1 - (at - int(at))
        found[pixel, min(int(at) + 1, cells - 1)] += at - int(at)
    return found


def variation(mask: Tensor, power: int) -> Tensor:
    """The mean |step|^power from a cell to the one below, plus that to the one beside."""
    return (mask[1:] - mask[:-1]).abs().pow(power).mean() + (mask[:, 1:] - mask[:, :-1]).abs().pow(power).mean()


@dataclass
class Adam:
    """rate m / (sqrt v + 1e-8), m and v running means of slopes and of their squares, their start at 0 made up for."""

    rate: float
    steps: int = 0
    mean: Tensor | float = 0.0
    square: Tensor | float = 0.0

    def __call__(self, slope: Tensor) -> Tensor:
        self.steps += 1
        self.mean = 0.9 * self.mean + 0.1 * slope
        self.square = 0.999 * self.square + 0.001 * slope**2
        mean, square = self.mean / (1 - 0.9**self.steps), self.square / (1 - 0.999**self.steps)
        return self.rate * mean / (square**0.5 + 1e-8)


@dataclass
class Momentum:
    """rate v, where v is the first slope, and from then on 0.9 v + 0.1 of each slope."""

    rate: float
    velocity: Tensor | None = None

    def __call__(self, slope: Tensor) -> Tensor:
        self.velocity = slope if self.velocity is None else 0.9 * self.velocity + 0.1 * slope
        return self.rate * self.velocity


def descended(
    start: Tensor,
    loss: Callable[[Tensor, int], Tensor],
    step: Callable[[Tensor], Tensor],
    iterations: int,
    low: float = -torch.inf,
    high: float = torch.inf,
) -> Tensor:
    """`start` after so many steps down the loss of each iteration, cut off at the bounds."""
    at = start
    for t in range(iterations):
        leaf = at.clone().requires_grad_()
        at = (at - step(torch.autograd.grad(loss(leaf, t), leaf)[0])).clamp(low, high)
    return at
