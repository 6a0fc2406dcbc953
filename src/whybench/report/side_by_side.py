"""The maps of a gallery as a figure: the same samples, methods and order as on the page."""

from collections.abc import Mapping, Sequence
from textwrap import fill

import numpy as np
from matplotlib.axes import Axes

from whybench.leaderboard.variants import Variant
from whybench.plots.labels import broken
from whybench.plots.style import figure_of, given_or_new, styled
from whybench.report.drawing import drawn
from whybench.report.pictures import Picture
from whybench.report.samples.bands import Band
from whybench.report.samples.bars import BARS
from whybench.report.samples.extracts import Extract, extract, extracts, seen
from whybench.report.samples.strips import Drawn, Strips
from whybench.report.samples.tiles import palette

SIDE = 0.92
"""Inches of one map with its gap."""
HEAD = 0.72
"""Units of SIDE above a band, for names."""
FULL = 0.94
"""A map's side in units of SIDE."""
KEY = (
    "Red: for the explained output, blue: against it; each map is divided by its own largest |relevance|. "
    "Grey names: controls."
)
NAMES = 2.1
"""Units of SIDE that names of columns need."""


def gallery_picture(strips: Strips, made: Mapping[Variant, Drawn], bands: Sequence[Band]) -> Picture | None:
    """The figure of a block's gallery; None where nothing is drawn."""
    if not bands:
        return None
    view = strips.samples.view
    labels = [line.sample for line in bands[0].lines]
    found = extracts(strips, made, labels)
    inputs = extract(strips.inputs, strips, labels) if strips.inputs else None
    said = f"{view.title}, {len(labels)} samples: {seen(strips, found)}"
    start = 1 if inputs is None or inputs.pixels is not None else NAMES
    wide = start + max(len(band.heads) for band in bands)
    tall = len(bands) * (len(labels) + HEAD)
    methods = iter(found)
    with styled():
        ax = given_or_new(None, SIDE * wide, SIDE * tall, (1.0, 0.55, 0.1, 0.45))
        ax.set_axis_off()
        ax.set(xlim=(0, wide), ylim=(tall, 0))
        for k, band in enumerate(bands):
            top = k * (len(labels) + HEAD) + HEAD
            _rows(ax, labels, inputs, start, top)
            lines = top + np.arange(1, len(labels))
            ax.hlines(lines, 0, start + len(band.heads), color="1.0", linewidth=2.5, zorder=3)
            for i, head in enumerate(band.heads):
                _name(ax, start + i, top, head.name, control=head.control)
                _column(ax, found[next(methods)], start + i, top, len(labels))
        figure = figure_of(ax)
        across, down = figure.get_size_inches()
        figure.text(0.1 / across, 0.06 / down, fill(KEY, int(across / 0.062)), va="bottom", fontsize=7.5)
        figure.text(0.1 / across, 1 - 0.08 / down, fill(said, int(across / 0.082)), va="top", fontsize=10)
    return drawn(
        figure,
        strips.folder,
        *("gallery", view.block.dataset, view.block.model),
        alt=f"{said}.",
        caption="The maps of this page as one figure. They are compared as they are drawn: correlation of their "
        "values, mean over samples.",
    )


def _rows(ax: Axes, labels: Sequence[str], inputs: Extract | None, start: float, top: float) -> None:
    """The names of samples, and their inputs."""
    for i, name in enumerate(labels):
        ax.text(-0.06, top + i + 0.5, broken(name, 14), ha="right", va="center", fontsize=7.5)
    if inputs is None:
        return
    _name(ax, start - 1, top, "input", control=False)
    if inputs.pixels is not None:
        _column(ax, inputs, start - 1, top, len(labels))
    for i, words in enumerate(inputs.words):
        for j, word in enumerate(words):
            ax.text(start - 0.06, top + i + (j + 0.5) / BARS, word, ha="right", va="center", fontsize=5)


def _name(ax: Axes, left: float, top: float, name: str, control: bool) -> None:
    grey = "0.45" if control else "0.15"
    ax.text(left + 0.5, top - 0.05, broken(name, 13), ha="center", va="bottom", fontsize=7, color=grey)


def _column(ax: Axes, column: Extract, left: float, top: float, count: int) -> None:
    """One method's maps below each other."""
    if column.pixels is not None:
        pad = (1 - FULL) / 2
        extent = (left + pad, left + 1 - pad, top + count, top)
        ax.imshow(column.pixels, extent=extent, aspect="auto", interpolation="none")
        return
    against, _, towards = (tuple(colour / 255) for colour in palette()[[8, 32, -9]])
    for colour, sign in ((towards, 1), (against, -1)):
        ends = [
            (sign * max(0.0, sign * end), top + i + (j + 0.5) / BARS)
            for i, bars in enumerate(column.bars)
            for j, end in enumerate(bars)
        ]
        x = np.array([(left + 0.5, left + 0.5 + end * FULL / 2, np.nan) for end, _ in ends if end]).ravel()
        y = np.array([(place, place, np.nan) for end, place in ends if end]).ravel()
        ax.plot(x, y, color=colour, linewidth=SIDE * 72 * 0.7 / BARS, solid_capstyle="butt")
