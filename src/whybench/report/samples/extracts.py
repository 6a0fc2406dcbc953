"""What the strips of a gallery hold, for its figure and for what the figure says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from whybench.leaderboard.variants import Variant
from whybench.plots.gallery import CELLS
from whybench.plots.labels import label
from whybench.report.samples.strips import Drawn, Strip, Strips
from whybench.report.samples.tiles import BLANK, LEVELS

Values = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, eq=False)
class Extract:
    """One column of a gallery: pixels (rows * side, side, 3), no finer than maps are drawn, or one sequence a row.

    bars: the drawn relevance of columns within -1 and 1; words: the names of columns; values: of each row what tells
    maps apart, None where the row has none.
    """

    pixels: Values | None = None
    bars: Sequence[Sequence[float]] = ()
    words: Sequence[Sequence[str]] = ()
    values: Sequence[Values | None] = ()


def extract(strip: Strip, strips: Strips, shown: Sequence[str]) -> Extract:
    """The tiles of the samples `shown`, which are the first of the strip."""
    if strip.look in ("pixels", "photo"):
        return _pixels(strips.folder.root / strip.link, strip, shown, len(strips.samples.shown))
    bars = [strip.bars.get(s, ()) for s in shown]
    values = [np.asarray(each) if each else None for each in bars]
    return Extract(bars=bars, words=[strip.words.get(s, ()) for s in shown], values=values)


def _pixels(path: Path, strip: Strip, shown: Sequence[str], count: int) -> Extract:
    with Image.open(path) as image:
        side = image.height // count
        part = image.crop((0, 0, image.width, side * len(shown)))
        levels, white = np.asarray(part), Image.new("RGBA", part.size, "white")
        white.alpha_composite(part.convert("RGBA"))
        plain = white.convert("RGB")
        if side > CELLS:
            small = plain.resize((CELLS, CELLS * len(shown)), Image.Resampling.BOX)
            plain = small.quantize(128, Image.Quantize.MEDIANCUT).convert("RGB")
        pixels = np.asarray(plain)
    tiles = [levels[side * k : side * (k + 1)] for k in range(len(shown))]
    maps = [tile[tile != BLANK].astype(float) if s in strip.of else None for s, tile in zip(shown, tiles, strict=True)]
    return Extract(pixels=pixels, values=[None if m is None else 2 * m / (LEVELS - 1) - 1 for m in maps])


def alike(a: Extract, b: Extract) -> float | None:
    """The mean over samples of the correlation of two methods' maps; None where one of them is the same everywhere."""
    found = [
        float(np.corrcoef(x, y)[0, 1])
        for x, y in zip(a.values, b.values, strict=True)
        if x is not None and y is not None and x.shape == y.shape and np.ptp(x) > 0 and np.ptp(y) > 0
    ]
    return float(np.mean(found)) if found else None


def seen(strips: Strips, extracts: Mapping[Variant, Extract]) -> str:
    """What a gallery shows: which maps are most and which are least like those of the first method.

    The order is that of the block's lead, controls last.
    """
    view = strips.samples.view
    first, *others = extracts
    likeness = {m: r for m in others if (r := alike(extracts[first], extracts[m])) is not None}
    name = label(view.method_names[first])
    if not likeness:
        return f"the maps of {name}" + (" cannot be correlated with the others" if others else "")
    most, least = max(likeness, key=likeness.__getitem__), min(likeness, key=likeness.__getitem__)
    said = f"the maps of {name} are most like those of {_told(view.method_names[most], likeness[most])}"
    return said if most == least else f"{said}, least like those of {_told(view.method_names[least], likeness[least])}"


def _told(name: str, likeness: float) -> str:
    return f"{label(name)} (mean correlation {round(likeness, 2) + 0.0:.2f})"


def extracts(strips: Strips, drawn: Mapping[Variant, Drawn], shown: Sequence[str]) -> dict[Variant, Extract]:
    """Those of the methods that have maps, in the order of the gallery."""
    made = {m: one.maps for m in strips.samples.view.methods if (one := drawn.get(m)) is not None}
    return {m: extract(strip, strips, shown) for m, strip in made.items() if strip is not None}
