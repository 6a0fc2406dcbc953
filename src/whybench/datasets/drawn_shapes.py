"""Shapes drawn at random, with the pixels that they cover."""

from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

import numpy as np
import torch

from whybench.datasets.shapes import SHAPES, coverage
from whybench.protocols import Dataset, DatasetLoader
from whybench.registries import register
from whybench.streams import Streams

Array = np.ndarray[Any, Any]

SIDE = 48
TRAINING, HELD_OUT = 1800, 240
RADII = {"large": (9.0, 14.0), "small": (5.5, 7.5), "two": (8.0, 10.0)}
"""Of the circle around a shape, in pixels, from and to."""
KINDS = ("large", "small", "large", "two")
"""Of each six samples after the other, one a class; those that are learned from show one shape each."""
TILT = 0.3
"""Radians to either side, at most, by which a shape is turned."""
LINES, THICKNESS = 3, 1.0
NOISE = 0.06
GREYS = (0.3, 0.7)
"""The background's channels lie between them; shapes are of full saturation, lines black or white."""


@register
@dataclass(frozen=True)
class DrawnShapes(DatasetLoader):
    """240 pictures of a shape on a noisy background with stray lines: uint8 (48, 48, 3), 40 of each of six shapes.

    The mask is every pixel on which the shape is drawn, its soft border included: outside of it the picture is, bit for
    bit, what `background` gives, the same picture without the shape. The shape's place, size, colour and tilt (0.3 rad
    at most to either side), and the background's colours, lines and noise are drawn by the name of the sample, none of
    them by its class. In a quarter of the samples the shape is small; in another there is a second one of another
    class, and the label is that of the first: these are marked as difficult. To be explained with target='label', since
    a model may answer with the second one. The part for training has 1,800 others, which show one shape each.

    A shape is told by its outline, and so by pixels on both sides of it: some evidence lies just outside of the mask.

    Source: arras2022.
    """

    name: ClassVar[str] = "drawn_shapes"
    domain: ClassVar[str] = "image"
    reference: ClassVar[str] = "arras2022"

    def load(self) -> Dataset:
        return deepcopy(_dataset())


@cache
def _dataset() -> Dataset:
    training = _drawn([Scene(f"{DrawnShapes.name}_t{row:04d}", row, KINDS[:2]) for row in range(TRAINING)])
    return _drawn([Scene(f"{DrawnShapes.name}_{row:04d}", row, KINDS) for row in range(HELD_OUT)], training)


def _drawn(scenes: "list[Scene]", training: Dataset | None = None) -> Dataset:
    return Dataset(
        DrawnShapes.name,
        [scene.picture() for scene in scenes],
        tuple(scene.sample for scene in scenes),
        torch.tensor([scene.label for scene in scenes]),
        SHAPES,
        training,
        masks=[scene.shapes()[0][0] > 0 for scene in scenes],
        difficult=torch.tensor([scene.kind != "large" for scene in scenes]),
    )


@dataclass(frozen=True)
class Scene:
    """What one sample shows: classes go round, and after each round the kind of sample."""

    sample: str
    row: int
    kinds: tuple[str, ...]

    @property
    def label(self) -> int:
        return self.row % len(SHAPES)

    @property
    def kind(self) -> str:
        return self.kinds[self.row // len(SHAPES) % len(self.kinds)]

    def picture(self, left_out: int | None = None) -> Array:
        """The sample, or what it would be without its first (0) or second (1) shape."""
        canvas = self._ground()
        for number, (share, colour) in enumerate(self.shapes()):
            if number != left_out:
                canvas = _painted(canvas, share, colour)
        fine, coarse = self._draw(1, (SIDE, SIDE, 3)), self._draw(2, (SIDE // 4, SIDE // 4, 3))
        noise = 2 * NOISE * (fine - 0.5 + coarse.repeat(4, axis=0).repeat(4, axis=1) - 0.5)
        return np.rint(255 * np.clip(canvas + noise, 0, 1)).astype(np.uint8)

    def shapes(self) -> list[tuple[Array, Array]]:
        """Each shape's share of every pixel, (side, side), and its colour; the first is that of the label."""
        low, high = RADII[self.kind]
        across, first_half, another = self._draw(3, (3,))
        found = []
        for number in range(2 if self.kind == "two" else 1):
            size, angle, hue, *place = self._draw(4 + number, (5,))
            radius = low + (high - low) * size
            centre = [radius + 1 + (SIDE - 2 * radius - 2) * at for at in place]
            if self.kind == "two":  # each in its half
                axis, half = int(2 * across), (int(2 * first_half) + number) % 2
                centre[axis] = half * SIDE / 2 + radius + 1 + (SIDE / 2 - 2 * radius - 2) * place[axis]
            shape = (self.label + number * (1 + int((len(SHAPES) - 1) * another))) % len(SHAPES)
            share = coverage(SHAPES[shape], SIDE, (centre[0], centre[1]), radius, TILT * (2 * angle - 1))
            found.append((share, _saturated(hue)))
        return found

    def _ground(self) -> Array:
        """A gradient between two greyish colours, and lines across it."""
        ends = GREYS[0] + (GREYS[1] - GREYS[0]) * self._draw(0, (2, 3))
        down, right = (np.mgrid[:SIDE, :SIDE] + 0.5) / SIDE - 0.5
        angle = 2 * np.pi * self._draw(6, ())
        along = (0.5 + (np.cos(angle) * right + np.sin(angle) * down) / np.sqrt(2))[:, :, None]
        canvas: Array = (1 - along) * ends[0] + along * ends[1]
        for turn, bright, *through in self._draw(7, (LINES, 4)):
            a, b = np.cos(2 * np.pi * turn), np.sin(2 * np.pi * turn)
            away = SIDE * np.abs(a * (right + 0.5 - through[0]) + b * (down + 0.5 - through[1]))
            canvas = _painted(canvas, np.clip((THICKNESS + 1) / 2 - away, 0, 1), np.rint(bright))
        return canvas

    def _draw(self, number: int, shape: tuple[int, ...]) -> Array:
        """Uniform values of one purpose."""
        generator = Streams(0).generator(DrawnShapes.name, self.sample, number)
        drawn: Array = torch.rand(shape, generator=generator, dtype=torch.float64).numpy()
        return drawn


def background(sample: str) -> Array:
    """A held-out sample's picture without the shape that its label and mask belong to: uint8 (48, 48, 3).

    >>> background("drawn_shapes_0000").shape
    (48, 48, 3)
    """
    return Scene(sample, int(sample[-4:]), KINDS).picture(left_out=0)


def _painted(canvas: Array, share: Array, colour: Array) -> Array:
    return np.asarray(canvas + share[:, :, None] * (colour - canvas))


def _saturated(hue: float) -> Array:
    """The colour of a hue from 0 to 1, at full saturation and value."""
    return np.asarray(np.clip(np.abs((6 * hue + np.array([0.0, 4.0, 2.0])) % 6 - 3) - 1, 0, 1))
