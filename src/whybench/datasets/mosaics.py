"""Mosaics of 2 x 2 tiles: which samples stand side by side, and where each of them lies."""

from collections.abc import Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

PLACES = ((0, 0), (0, 1), (1, 0), (1, 1))
"""Row and column of each tile."""


def companions(labels: list[int], first: int) -> list[int]:
    """The three positions whose samples stand beside that at `first`, all of other classes.

    >>> companions([7, 7, 1, 2, 3, 4, 5, 6, 8, 9], 0)
    [2, 5, 9]
    """
    chosen: list[int] = []
    for step in (1, 5, 9):
        at = (first + step) % len(labels)
        while labels[at] == labels[first] or at in chosen:
            at = (at + 1) % len(labels)
        chosen.append(at)
    return chosen


def arranged(labels: list[int], first: int, place: int) -> list[int]:
    """The positions of the four tiles' samples, that at `first` in its place and its companions around it.

    >>> arranged([7, 7, 1, 2, 3, 4, 5, 6, 8, 9], 0, 2)
    [2, 5, 0, 9]
    """
    others = companions(labels, first)
    return [*others[:place], first, *others[place:]]


def mosaic(tiles: Sequence[Array]) -> Array:
    """Four tiles (side, side, ...) as one picture (2 side, 2 side, ...), by `PLACES`."""
    return np.concatenate([np.concatenate(tiles[:2], axis=1), np.concatenate(tiles[2:], axis=1)])


def tile_mask(place: int, side: int) -> Array:
    """The pixels of one tile, (2 side, 2 side) booleans."""
    return mosaic([np.full((side, side), at == place) for at in range(len(PLACES))])
