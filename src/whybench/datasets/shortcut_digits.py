"""Handwritten digits with a mark above them that tells the class, more or less often."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch

from whybench.datasets import digits
from whybench.datasets.splits import Part
from whybench.errors import BadParameter
from whybench.protocols import Dataset, DatasetLoader
from whybench.registries import register
from whybench.streams import Streams

Array = np.ndarray[Any, Any]

SIDE, STRIP = 10, 2
"""The image's side, and how many of its rows are the strip that holds the mark."""
BRIGHT = 16.0


@register
@dataclass(frozen=True)
class ShortcutDigits(DatasetLoader):
    """The held-out `digits` below a strip with a mark: (10, 10), float64 from 0 to 16.

    The strip is the two upper rows; its mark is one bright column of ten, one place a class. With probability
    `strength` the mark stands at the place of the label, else at a place drawn from all ten. Draws are named by the
    sample, so that a larger strength makes more marks right and changes no other. Below lies the digit, in the middle,
    and nothing of it in the strip. The mask is the digit's square, where the evidence for the label should lie; a model
    that has learned from the part for training, marked alike, may look elsewhere (`shortcut_cnn`). No sample is marked
    as difficult.

    strength: from 0, where the mark tells nothing of the label, to 1, where it tells all.

    Raises BadParameter for a strength outside of [0, 1].

    Source: alpaydin1998.
    """

    name: ClassVar[str] = "shortcut_digits"
    domain: ClassVar[str] = "image"
    reference: ClassVar[str] = "alpaydin1998"

    strength: float = 0.5

    def __post_init__(self) -> None:
        if not 0 <= self.strength <= 1:
            raise BadParameter(f"shortcut_digits: strength={self.strength!r}; a probability from 0 to 1 is needed")

    def load(self) -> Dataset:
        training, held_out = digits.parts()
        return _marked(held_out, self.strength, _marked(training, self.strength))


def marked(digit: Array, place: int | None) -> Array:
    """A digit (8, 8) below the strip, with the mark at one of ten places or nowhere: (10, 10)."""
    made = np.zeros((SIDE, SIDE))
    made[STRIP:, 1:-1] = digit
    if place is not None:
        made[:STRIP, place] = BRIGHT
    return made


def _marked(part: Part, strength: float, training: Dataset | None = None) -> Dataset:
    ids = tuple(f"{ShortcutDigits.name}_{row:04d}" for row in part.rows)
    places = [_place(i, label, strength) for i, label in zip(ids, part.targets.tolist(), strict=True)]
    mask = np.zeros((SIDE, SIDE), dtype=bool)
    mask[STRIP:, 1:-1] = True
    return Dataset(
        ShortcutDigits.name,
        [marked(digit, place) for digit, place in zip(part.samples, places, strict=True)],
        ids,
        torch.as_tensor(part.targets),
        digits.CLASS_NAMES,
        training,
        [mask] * len(ids),
    )


def _place(sample: str, label: int, strength: float) -> int:
    coin, column = (Streams(0).generator(ShortcutDigits.name, sample, draw) for draw in range(2))
    right = bool(torch.rand(1, generator=coin, dtype=torch.float64) < strength)
    return label if right else int(torch.randperm(SIDE, generator=column)[0])
