"""Meaningful perturbation, a sample at a time."""

import torch
from slow_descent import Adam, descended, enlarged, log_probability, variation
from slow_world import HEIGHT, INPUTS, MEAN, TARGETS, WIDTH, Array
from torch import Tensor

IMAGES = torch.as_tensor(INPUTS)
PLAIN = torch.full(IMAGES[0].shape, MEAN, dtype=torch.float64)
Cells = tuple[int, int]
A_PIXEL_EACH: Cells = (HEIGHT, WIDTH)


def faded(x: Tensor, fill: Tensor, mask: Tensor) -> Tensor:
    return mask * x + (1 - mask) * fill


HIDING, JAGGED, LOST = 0.0784, 0.05, 0.99
STILL = [(0, 0)]
AROUND = [(0, 0), (-1, 1), (-1, -1), (1, 0), (0, 1), (0, -1), (-1, 0), (1, 1), (1, -1)]
"""All shifts by up to a pixel, down and to the right, neighbours far from each other."""


def moved(x: Tensor, down: int, right: int) -> Tensor:
    """Where nothing comes in, the outermost pixels are repeated."""
    rows = [min(max(u - down, 0), HEIGHT - 1) for u in range(HEIGHT)]
    columns = [min(max(v - right, 0), WIDTH - 1) for v in range(WIDTH)]
    return x[:, rows][:, :, columns]


def holed(i: int, fill: Tensor, cells: Cells) -> Tensor:
    """The smallest disc in the middle that loses 0.99 of what is lost without the image."""

    def probability(mask: Tensor) -> float:
        return log_probability(faded(IMAGES[i], fill, enlarged(mask)), TARGETS[i]).exp().item()

    away = [
        [(u - (cells[0] - 1) / 2) ** 2 + (v - (cells[1] - 1) / 2) ** 2 for v in range(cells[1])]
        for u in range(cells[0])
    ]
    squared = torch.tensor(away, dtype=torch.float64)
    radii = [(k + 1) / max(cells) * squared.max() ** 0.5 for k in range(max(cells))]
    masks = [(squared > radius**2 + 1e-12).double() for radius in radii]
    clean = probability(torch.ones(cells, dtype=torch.float64))
    return next(mask for mask in masks if clean - probability(mask) >= LOST * (clean - probability(masks[-1])))


def hidden(i: int, fill: Tensor, cells: Cells, iterations: int, shifts: list[tuple[int, int]]) -> Array:
    """1 - m after steps down hiding * mean(1 - m) + jagged * TV(m) + p(shifted and faded), within [0, 1]."""

    def loss(mask: Tensor, t: int) -> Tensor:
        shift = shifts[t % len(shifts)]
        seen = faded(moved(IMAGES[i], *shift), moved(fill, *shift), enlarged(mask))
        return HIDING * (1 - mask).mean() + JAGGED * variation(mask, 3) + log_probability(seen, TARGETS[i]).exp()

    found = descended(holed(i, fill, cells), loss, Adam(0.1), iterations, 0, 1)
    return enlarged(1 - found).numpy()[None]


def meaningful_perturbation(i: int) -> Array:
    """A blur whose kernel has 2 floor(4 / 8) + 1 = 1 pixel leaves all as it is: there is nothing to hide."""
    return hidden(i, IMAGES[i], A_PIXEL_EACH, 4, STILL)


def meaningful_perturbation_of_pixels(i: int) -> Array:
    return hidden(i, PLAIN, A_PIXEL_EACH, 4, STILL)


def meaningful_perturbation_to_mean(i: int) -> Array:
    return hidden(i, PLAIN, (2, 3), 12, AROUND)
