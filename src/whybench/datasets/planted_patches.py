"""Handwritten digits with a small planted glyph that alone decides the class."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch

from whybench.datasets import digits
from whybench.datasets.splits import Part
from whybench.planted.glyphs import CLASS_NAMES, DECOYS, GLYPHS
from whybench.protocols import Dataset, DatasetLoader
from whybench.registries import register
from whybench.streams import Streams

Array = np.ndarray[Any, Any]

SIDE = 16
BRIGHT = 16.0
"""A glyph's bright pixels; its others are 0."""
DIM = 0.25
"""The background is a digit at this share of its brightness, twice as large."""


SLOTS, APART = 3, 5
"""Patterns lie in 3 x 3 slots, their corners 5 pixels apart, so that no window of 3 x 3 touches two of them."""


@register
@dataclass(frozen=True)
class PlantedPatches(DatasetLoader):
    """The held-out `digits`, dimmed and enlarged, with a glyph and two decoys: (16, 16), float64 from 0 to 16.

    The label is the glyph's, one of four, and the mask the nine pixels of the glyph. Decoys have as many bright pixels
    and belong to no class. Glyph, decoys and places are drawn by the name of the sample, so that neither the digit nor
    a place nor a decoy tells anything about the label: what a model that answers right has seen is the glyph. No
    sample is marked as difficult.

    Source: alpaydin1998.
    """

    name: ClassVar[str] = "planted_patches"
    domain: ClassVar[str] = "image"
    reference: ClassVar[str] = "alpaydin1998"

    def load(self) -> Dataset:
        training, held_out = digits.parts()
        return planted(held_out, planted(training))


def planted(part: Part, training: Dataset | None = None) -> Dataset:
    """Digits with a glyph and two decoys each, the glyph's label and its mask."""
    ids = tuple(f"{PlantedPatches.name}_{row:04d}" for row in part.rows)
    made = [_planted(image, i) for image, i in zip(part.samples, ids, strict=True)]
    samples, masks, labels = zip(*made, strict=True)
    return Dataset(PlantedPatches.name, samples, ids, torch.tensor(labels), CLASS_NAMES, training, masks)


def _planted(image: Array, sample: str) -> tuple[Array, Array, int]:
    """One sample, its mask and its label."""
    free = SIDE - APART * (SLOTS - 1) - 2
    slots, others, places = (
        torch.randperm(size, generator=Streams(0).generator(PlantedPatches.name, sample, draw))
        for draw, size in enumerate((SLOTS**2, len(DECOYS), len(GLYPHS) * free**2))
    )
    label, down, right = np.unravel_index(int(places[0]), (len(GLYPHS), free, free))
    pixels, mask = DIM * image.repeat(2, axis=0).repeat(2, axis=1), np.zeros((SIDE, SIDE), dtype=bool)
    for number, pattern in enumerate((GLYPHS[label], *DECOYS[others[:2]])):
        row, column = divmod(int(slots[number]), SLOTS)
        top, left = int(down) + APART * row, int(right) + APART * column
        pixels[top : top + 3, left : left + 3] = BRIGHT * pattern.numpy()
        mask[top : top + 3, left : left + 3] = number == 0
    return pixels, mask, int(label)
