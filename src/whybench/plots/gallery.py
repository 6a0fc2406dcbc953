"""Maps beside what they explain."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from torch import Tensor

from whybench.plots.labels import broken
from whybench.plots.style import RELEVANCE, figure_of, given_or_new, styled
from whybench.records import Array

SIDE = 1.18
"""Inches of one picture with its gap."""
CELLS = 56
"""Cells along the longer side of a map, at most."""
GAP = 0.48
"""Half of a picture's longer side, in units of SIDE."""


@dataclass(frozen=True, eq=False)
class Column:
    """One method's maps, (H, W) each, or None where a sample has none."""

    name: str
    maps: Sequence[Tensor | None]


def shown(inputs: Tensor, low: Tensor, high: Tensor) -> Array:
    """Model inputs (n, C, H, W) as pictures within 0 and 1: (n, H, W, 3), or (n, H, W) unless there are 3 channels."""
    scaled = ((inputs.double() - low) / (high - low).clamp(min=1e-12)).clamp(0, 1)
    pictures = scaled.permute(0, 2, 3, 1) if inputs.shape[1] == 3 else scaled.mean(1)
    made: Array = pictures.cpu().numpy()
    return made


def normalised(relevance: Tensor, grid: tuple[int, int]) -> Array:
    """A map on `grid` divided by its largest absolute value; within -1 and 1.

    Coarser maps are interpolated bilinearly, as the metrics do; those finer than `CELLS` a side are averaged within
    square cells first, since single pixels of a large map cannot be seen, and one of them would set the scale.
    """
    full = relevance.double()[None, None]
    if tuple(relevance.shape) != grid:
        full = F.interpolate(full, grid, mode="bilinear", align_corners=False)
    side = cell_side(grid)
    cells = F.avg_pool2d(full, side, ceil_mode=True, count_include_pad=False)[0, 0]
    largest = cells.abs().max()
    made: Array = (cells / largest if largest > 0 else torch.zeros_like(cells)).cpu().numpy()
    return made


def cell_side(grid: tuple[int, int]) -> int:
    """The side, in pixels, of the cells in which a map on `grid` is shown."""
    return max(1, -(-max(grid) // CELLS))


def gallery(pictures: Array, names: Sequence[str], columns: Sequence[Column], ax: Axes | None = None) -> Axes:
    """A row a sample: its picture, then one map a method, all in one axes; returns it.

    pictures: (n, H, W) or (n, H, W, 3) within 0 and 1. Each map is divided by its own largest absolute value and all
    have the one colour scale from -1 (blue, against the explained output) over 0 (white) to 1 (red, for it).
    `ax.images` holds pictures and maps row by row.
    """
    n, m = len(pictures), len(columns) + 1
    with styled():
        ax = given_or_new(ax, SIDE * m, SIDE * n, (1.25, 0.62, 0.85, 0.1))
        ax.set_axis_off()
        bar: AxesImage | None = None
        for i in range(n):
            _put(ax, pictures[i], i, 0).set(cmap="gray", clim=(0, 1))
            ax.text(-0.06, i + 0.5, broken(names[i], 16), ha="right", va="center", fontsize=8)
            for k, column in enumerate(columns, start=1):
                relevance = column.maps[i]
                if relevance is not None:
                    bar = _put(ax, normalised(relevance, (pictures.shape[1], pictures.shape[2])), i, k)
                    bar.set(cmap=RELEVANCE, clim=(-1, 1))
        for k, name in enumerate(["input", *(c.name for c in columns)]):
            ax.text(k + 0.5, -0.03, broken(name, 15), ha="center", va="bottom", fontsize=8)
        ax.set(xlim=(0, m), ylim=(n, 0), aspect="auto")
        if bar is not None:
            scale = figure_of(ax).colorbar(bar, cax=ax.inset_axes((1 + 0.1 / m, 0, 0.1 / m, 1)), ticks=[-1, 0, 1])
            scale.set_label("relevance / largest |relevance|", fontsize=8)
    return ax


def _put(ax: Axes, values: Array, row: int, column: int) -> AxesImage:
    """Few pixels are shown as squares; many are averaged."""
    height, width = values.shape[:2]
    tall, wide = min(1.0, height / width), min(1.0, width / height)
    middle, centre = row + 0.5, column + 0.5
    extent = (centre - GAP * wide, centre + GAP * wide, middle + GAP * tall, middle - GAP * tall)
    interpolation = "nearest" if max(height, width) < 100 else "antialiased"
    return ax.imshow(values, extent=extent, interpolation=interpolation)
