"""Where things are planted, and what is around them."""

import torch
from torch import Tensor

from whybench.planted.planted import HEIGHT, SHAPE, WIDTH
from whybench.streams import Streams

SIDE = 2
PIXELS = SIDE * SIDE
FIRST, SECOND = (1, 8), (5, 2)
"""The upper left pixels of two patches of 2 x 2, neither on the diagonal."""


def patch(corner: tuple[int, int]) -> Tensor:
    """The pixels of a patch: (8, 12) bool."""
    found = torch.zeros(HEIGHT, WIDTH, dtype=torch.bool)
    found[corner[0] : corner[0] + SIDE, corner[1] : corner[1] + SIDE] = True
    return found


A, B = patch(FIRST), patch(SECOND)


def uniform(role: str, count: int, shape: tuple[int, ...], seed: int) -> Tensor:
    """Values uniform in [0, 1), drawn by the sample's position: (n, *shape) float64."""
    generators = (Streams(seed).generator(role, str(row)) for row in range(count))
    return torch.stack([torch.rand(shape, generator=generator, dtype=torch.float64) for generator in generators])


def background(role: str, count: int, seed: int) -> Tensor:
    """Faint noise, drawn by the sample's position: (n, 1, 8, 12) float64 in multiples of 1/64 below 1/8."""
    noise = uniform(f"planted/{role}", count, SHAPE, seed)
    return (noise * 8).floor() / 64


def brightness(role: str, count: int, seed: int) -> Tensor:
    """One value a sample from 1/2 to 1, in steps of 1/64: (n, 1) float64."""
    drawn = uniform(f"planted/{role}/brightness", count, (1,), seed)
    return 0.5 + (drawn * 33).floor() / 64


def written(images: Tensor, where: Tensor, values: Tensor) -> Tensor:
    """The images with a value each written into the pixels `where`."""
    return torch.where(where, values.view(-1, 1, 1, 1), images)
