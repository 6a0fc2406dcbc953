"""Metrics of how small the part of an image is that does, in squares of pixels or in a rectangle."""

from collections.abc import Callable
from math import log

import numpy as np
from slow_curves import destroyed, probability, sufficient
from slow_gradients import gradient
from slow_removal import SIDE
from slow_streams import permutation
from slow_world import HEIGHT, IDS, INPUTS, MEAN, TARGETS, WIDTH, Array, judged

ALPHA, FLOOR = 0.5, 0.05


def squares(side: int) -> list[list[tuple[int, int]]]:
    """Squares of pixels, row after row."""
    corners = [(top, left) for top in range(0, HEIGHT, side) for left in range(0, WIDTH, side)]
    return [[(top + u, left + v) for u, v in np.ndindex(side, side)] for top, left in corners]


def size(i: int, values: Array, side: int, insertion: bool, met: Callable[[int, Array], bool]) -> float:
    """The share of squares at which something is met, the mean of an order drawn of equal ones and its reverse.

    values: the map (height, width), whose sum in a square says how early it comes.
    """
    pieces, found = squares(side), []
    sums = [sum(values[at] for at in piece) for piece in pieces]
    drawn = permutation("sweep/ties", IDS[i], 0, len(pieces))
    for ties in (drawn, drawn[::-1]):
        x = np.full(INPUTS[i].shape, MEAN) if insertion else INPUTS[i].copy()
        seen = [met(i, x)]
        for p in sorted(range(len(pieces)), key=lambda p: (-sums[p], ties.index(p))):
            for u, v in pieces[p]:
                x[:, u, v] = INPUTS[i][:, u, v] if insertion else MEAN
            seen.append(met(i, x))
        found.append(next((k for k, holds in enumerate(seen) if holds), len(pieces)) / len(pieces))
    return sum(found) / 2


def gradient_norm(i: int) -> Array:
    """A gradient's channels have no sign to sum."""
    return np.sqrt((gradient(i) ** 2).sum(0))


def excess_region(i: int) -> float:
    """Smallest sufficient regions, of 2 x 2 pixels."""
    return size(i, judged(i), SIDE, True, sufficient) - size(i, gradient_norm(i), SIDE, True, sufficient)


def excess_destroying_region(i: int) -> float:
    """Smallest destroying regions, pixel by pixel."""
    return size(i, judged(i), 1, False, destroyed) - size(i, gradient_norm(i), 1, False, destroyed)


# The rectangle


def between(values: Array, place: float) -> Array:
    """Along the first axis at a place between pixels' centres, linearly; beyond the outer ones nothing changes."""
    place = min(max(place, 0), len(values) - 1)
    low = min(int(place), max(len(values) - 2, 0))
    high = min(low + 1, len(values) - 1)
    return values[low] + (place - low) * (values[high] - values[low])


def stretched(crop: Array) -> Array:
    """A crop at the size of the image: what lies at the same share of its height and width."""
    found, (_, height, width) = np.zeros((len(crop), HEIGHT, WIDTH)), crop.shape
    for u, v in np.ndindex(HEIGHT, WIDTH):
        row = between(crop.transpose(1, 2, 0), (u + 0.5) * height / HEIGHT - 0.5)
        found[:, u, v] = between(row, (v + 0.5) * width / WIDTH - 0.5)
    return found


def saliency_metric(i: int) -> float:
    """log max(area, floor) - log p of the tightest rectangle around what is at least half of the maximum."""
    rows, columns = np.nonzero(judged(i) >= ALPHA * judged(i).max())
    crop = INPUTS[i][:, rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    share = crop[0].size / (HEIGHT * WIDTH)
    return log(max(share, FLOOR)) - log(probability(stretched(crop), TARGETS[i]))
