"""Maps and inputs as strips: one small picture a method, its samples below each other, of which pages show tiles."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from PIL import Image
from torch import Tensor

from whybench.plots.gallery import normalised, shown
from whybench.plots.style import RELEVANCE
from whybench.report.samples.kept import Inputs

Pixels = np.ndarray[Any, np.dtype[np.uint8]]

LEVELS = 65
"""Colours from -1 to 1; an odd number, so that zero has one of its own."""
BLANK = LEVELS
"""Nothing: transparent."""
SIDE = 88
"""Pixels along the longer side of an input, as wide as pages show it."""


def map_tile(relevance: Tensor, grid: tuple[int, int]) -> Pixels:
    """A map on `grid` divided by its largest |relevance|, as levels of the colour scale: 0 for -1, LEVELS - 1 for 1."""
    scaled = normalised(relevance, grid)
    return np.rint((scaled + 1) / 2 * (LEVELS - 1)).astype(np.uint8)


def palette() -> Pixels:
    """The colours of the levels, (LEVELS, 3)."""
    colours = np.asarray(matplotlib.colormaps[RELEVANCE](np.linspace(0, 1, LEVELS)))
    made: Pixels = np.rint(255 * colours[:, :3]).astype(np.uint8)
    return made


def write_maps(tiles: Sequence[Pixels | None], path: Path) -> None:
    """Maps as squares below each other; what there is no map of stays empty."""
    strip = _strip(tiles, BLANK)
    image = Image.fromarray(strip, "P")
    image.putpalette([*palette().ravel().tolist(), 255, 255, 255])
    image.save(path, optimize=True, transparency=BLANK)


def input_tiles(inputs: Inputs) -> list[Pixels]:
    """The inputs as pictures at most SIDE pixels high and wide: (H, W) grey or (H, W, 3)."""
    pictures = shown(inputs.tensors["inputs"], inputs.tensors["low"], inputs.tensors["high"])
    return [_thumbnail(np.rint(255 * picture).astype(np.uint8)) for picture in pictures]


def write_inputs(tiles: Sequence[Pixels | None], path: Path) -> None:
    """Inputs as squares below each other, in few colours."""
    strip = _strip(tiles, 255)
    image = Image.fromarray(strip)
    few = image.quantize(255, Image.Quantize.MEDIANCUT) if strip.ndim == 3 else image
    few.save(path, optimize=True)


def _thumbnail(picture: Pixels) -> Pixels:
    high, wide = picture.shape[:2]
    longer = max(high, wide)
    if longer <= SIDE:
        return picture
    size = max(1, round(wide * SIDE / longer)), max(1, round(high * SIDE / longer))
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BOX))


def _strip(tiles: Sequence[Pixels | None], blank: int) -> Pixels:
    drawn = [tile for tile in tiles if tile is not None]
    side = max(max(tile.shape[:2]) for tile in drawn)
    strip = np.full((side * len(tiles), side, *drawn[0].shape[2:]), blank, dtype=np.uint8)
    for k, tile in enumerate(tiles):
        if tile is not None:
            high, wide = tile.shape[:2]
            top, left = side * k + (side - high) // 2, (side - wide) // 2
            strip[top : top + high, left : left + wide] = tile
    return strip
