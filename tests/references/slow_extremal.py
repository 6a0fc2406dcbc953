"""Extremal perturbation: a mask for each area, cell by cell."""

from collections.abc import Callable
from math import ceil, exp, hypot

import numpy as np
import torch
from slow_descent import Momentum, descended, enlarged, logits
from slow_masks import A_PIXEL_EACH, IMAGES, PLAIN, Cells, faded
from slow_world import CHANNELS, HEIGHT, INPUTS, TARGETS, WIDTH, Array
from torch import Tensor

COLDNESS, LEVELS, PRICE, GROWTH, TIED = 20, 8, 300, 1.0035, 1e-5
EDGE, STRONGEST = 21 / 224, 20 / 224
"""Widths of the mask's edge and of the strongest blur, as shares of the shorter side."""
PRESERVE, DELETE, DUAL = (1, 0), (0, 1), (1, 1)
"""Whether what is kept is to score high, and what is left low."""
Shown = Callable[[int, Tensor], Tensor]
"""A sample under a mask on its pixels."""


def smooth(cells: Tensor) -> Tensor:
    """m_u = sum_v f_v e^(20 f_v) / sum_v e^(20 f_v), f_v = c_v k(|u - v|), around the border the outermost cells."""
    height, width = cells.shape
    spread = EDGE * min(height, width)
    radius = 1 + ceil(spread)
    offsets = [(a, b) for a in range(-radius, radius + 1) for b in range(-radius, radius + 1)]
    rows = []
    for u in range(height):
        for v in range(width):
            near = [
                cells[min(max(u + a, 0), height - 1), min(max(v + b, 0), width - 1)]
                * exp(-2 * max(0, hypot(a, b) / spread - 0.5) ** 2)
                for a, b in offsets
            ]
            f = torch.stack(near)
            rows.append((f * (COLDNESS * f).exp()).sum() / (COLDNESS * f).exp().sum())
    return torch.stack(rows).view(height, width)


def off_area(mask: Tensor, area: float) -> Tensor:
    """mean_k (sort(m)_k - [k > (1 - a) N])^2, equal cells sharing their places evenly."""
    values, total = mask.flatten(), torch.zeros((), dtype=torch.float64)
    for value in values:
        first = int((values < value - TIED).sum())
        beyond = int((values <= value + TIED).sum())
        kept = [place + 1 > (1 - area) * len(values) for place in range(first, beyond)]
        total = total + (value - sum(kept) / len(kept)) ** 2
    return total / len(values)


def blurred(x: Array, width: float) -> Array:
    """By a Gaussian that is cut off at three widths, around the border the outermost pixels."""
    radius = ceil(3 * width)
    if radius == 0:
        return x
    weights = np.array([exp(-((k / width) ** 2) / 2) for k in range(-radius, radius + 1)])
    weights = np.outer(weights, weights) / weights.sum() ** 2
    padded, found = np.pad(x, ((0, 0), (radius, radius), (radius, radius)), mode="edge"), np.zeros(x.shape)
    for c, u, v in np.ndindex(*x.shape):
        found[c, u, v] = (weights * padded[c, u : u + 2 * radius + 1, v : v + 2 * radius + 1]).sum()
    return found


def through_blur(i: int, mask: Tensor) -> Tensor:
    """Each pixel between the two copies next to its level, which are blurred the less the higher they are."""
    widths = [STRONGEST * min(HEIGHT, WIDTH) * (1 - level / (LEVELS - 1)) for level in range(LEVELS)]
    copies = torch.as_tensor(np.array([blurred(INPUTS[i], width) for width in widths]))
    rows = []
    for u in range(HEIGHT):
        for v in range(WIDTH):
            depth = mask[u, v] * (LEVELS - 1)
            below = min(int(depth), LEVELS - 2)
            rows.append(copies[below, :, u, v] + (depth - below) * (copies[below + 1] - copies[below])[:, u, v])
    return torch.stack(rows, 1).view(CHANNELS, HEIGHT, WIDTH)


def to_mean(i: int, mask: Tensor) -> Tensor:
    return faded(IMAGES[i], PLAIN, mask)


def of_area(
    i: int,
    area: float,
    cells: Cells,
    shown: Shown,
    sides: tuple[int, int],
    mirrored: bool,
    rate: float,
    iterations: int,
) -> Tensor:
    """The mask that is reached from ones, brought to the pixels."""

    def loss(values: Tensor, t: int) -> Tensor:
        def said(mask: Tensor) -> Tensor:
            x = shown(i, mask)
            return logits(x.flip(2) if mirrored and t % 2 == 0 else x)[TARGETS[i]]

        mask = smooth(values)
        reward = sides[0] * said(enlarged(mask)) - sides[1] * said(1 - enlarged(mask))
        return PRICE * GROWTH**t * off_area(mask, area) - reward

    steps = Momentum(rate * cells[0] * cells[1] / 1024)
    return enlarged(smooth(descended(torch.ones(cells, dtype=torch.float64), loss, steps, iterations, 0, 1)))


def extremal_perturbation(i: int) -> Array:
    areas = (0.05, 0.1, 0.2, 0.4)
    masks = [of_area(i, a, A_PIXEL_EACH, through_blur, PRESERVE, False, 0.01, 4) for a in areas]
    return torch.stack(masks).mean(0).numpy()[None]


def extremal_perturbation_to_mean(i: int) -> Array:
    masks = [of_area(i, area, (2, 3), to_mean, DUAL, True, 0.1, 20) for area in (0.2, 0.5)]
    return torch.stack(masks).mean(0).numpy()[None]


def extremal_perturbation_by_deletion(i: int) -> Array:
    return of_area(i, 0.3, (3, 4), through_blur, DELETE, False, 0.1, 30).numpy()[None]
