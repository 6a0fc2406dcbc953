"""Flat shapes by their distance functions."""

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

SHAPES = ("disc", "half_disc", "square", "triangle", "cross", "star")
"""None of them encloses a hole, which would be evidence outside of the shape."""

BAR = 0.35
"""Half the width of the cross's bars."""


def coverage(shape: str, size: int, centre: tuple[float, float], radius: float, angle: float) -> Array:
    """What share of each pixel a shape covers, (size, size) float64: 1 inside, 0 outside, between them at its border.

    The shape's corners, or its border, lie on a circle of `radius` pixels around `centre` (row, column; the first
    pixel's centre is at 0.5). At the angle 0, in radians, it stands upright. The share is taken from the distance d to
    the border in pixels, negative inside: min(max(1/2 - d, 0), 1).

    >>> coverage("disc", 4, (2.0, 2.0), 1.5, 0.0).round(3).tolist()[1]
    [0.419, 1.0, 1.0, 0.419]
    """
    down, right = np.mgrid[:size, :size] + 0.5 - np.array(centre)[:, None, None]
    turned = np.cos(angle) * right + np.sin(angle) * down, np.cos(angle) * down - np.sin(angle) * right
    distance = radius * _distance(shape, turned[0] / radius, turned[1] / radius)
    covered: Array = np.clip(0.5 - distance, 0.0, 1.0)
    return covered


def _distance(shape: str, x: Array, y: Array) -> Array:
    """The distance to the border of a shape that fits into the unit circle, negative inside.

    Near corners it is that to the nearest of the edges' lines, which is at most the distance.
    """
    away: Array = np.hypot(x, y) - 1
    if shape == "disc":
        return away
    if shape == "half_disc":
        return np.maximum(away, y)
    if shape == "cross":
        reach = np.sqrt(1 - BAR**2)
        bars = [np.maximum(np.abs(a) - reach, np.abs(b) - BAR) for a, b in ((x, y), (y, x))]
        return np.asarray(np.minimum(*bars))
    if shape == "star":  # beyond one edge's line at most: a point or the pentagon in the middle
        return np.asarray(np.sort(_lines(x, -y, 5, np.cos(2 * np.pi / 5)), axis=0)[-2])
    corners = {"triangle": 3, "square": 4}[shape]
    return np.asarray(_lines(x, y, corners, np.cos(np.pi / corners)).max(axis=0))


def _lines(x: Array, y: Array, count: int, far: float) -> Array:
    """The signed distances, (count, ...), to lines at equal angles, `far` from the centre; the first is y = far."""
    angles = 2 * np.pi * np.arange(count) / count
    return np.stack([np.cos(a) * y + np.sin(a) * x - far for a in angles])
