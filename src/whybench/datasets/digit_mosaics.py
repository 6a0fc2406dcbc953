"""Mosaics of four handwritten digits, one of which is the label."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch

from whybench.datasets import digits
from whybench.datasets.mosaics import PLACES, arranged, mosaic, tile_mask
from whybench.datasets.splits import Part
from whybench.protocols import Dataset, DatasetLoader
from whybench.registries import register

Array = np.ndarray[Any, Any]

TILE = 8
"""Pixels of a digit's side."""


@register
@dataclass(frozen=True)
class DigitMosaics(DatasetLoader):
    """359 mosaics of 2 x 2 of the held-out `digits`: (16, 16), float64 from 0 to 16.

    The label is the digit in one tile, which is the mask; the other three show three other samples of other classes
    than that one. Every held-out digit counts once; the place goes round, and nothing is drawn. To be explained with
    target='label', since a model may answer with another tile's class. The middle touches all tiles, so that the
    pointing game needs tolerance=0. No sample is marked as difficult.

    The part for training has the other 1,438 digits, each alone in one tile of an empty mosaic: a model that learned
    from them has seen each class without its companions, and at every place where the mosaics show it.

    Source: arias2022; digits: alpaydin1998.
    """

    name: ClassVar[str] = "digit_mosaics"
    domain: ClassVar[str] = "image"
    reference: ClassVar[str] = "arias2022"

    def load(self) -> Dataset:
        training, held_out = digits.parts()
        labels = held_out.targets.tolist()
        tiles = [arranged(labels, first, first % len(PLACES)) for first in range(len(labels))]
        return _mosaics(held_out, tiles, _mosaics(training, [_alone(at) for at in range(len(training.samples))]))


def _alone(position: int) -> list[int | None]:
    place = position % len(PLACES)
    return [position if at == place else None for at in range(len(PLACES))]


def _mosaics(part: Part, tiles: Sequence[Sequence[int | None]], training: Dataset | None = None) -> Dataset:
    """One mosaic a digit: the positions of its four tiles, None for an empty one."""
    empty = np.zeros((TILE, TILE))
    places = [position % len(PLACES) for position in range(len(tiles))]
    return Dataset(
        DigitMosaics.name,
        [mosaic([empty if at is None else part.samples[at] for at in four]) for four in tiles],
        tuple(f"{DigitMosaics.name}_{row:04d}_{place}" for row, place in zip(part.rows, places, strict=True)),
        torch.as_tensor(part.targets),
        digits.CLASS_NAMES,
        training,
        masks=[tile_mask(place, TILE) for place in places],
    )
