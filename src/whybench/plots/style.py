"""How figures look: one style, colour-blind safe colours, the same bytes whenever a figure is drawn."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from textwrap import fill
from typing import Any

import matplotlib
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from whybench.plots.glyphs import small_fonts
from whybench.plots.pixels import small_pixels
from whybench.plots.short import short

DPI = 110
LETTER = 0.08
"""Inches of a letter of a title, about."""

COLOURS: list[tuple[float, float, float]] = [sns.color_palette("colorblind")[i] for i in (0, 3, 2, 1, 4, 9, 5, 8)]
"""Of methods, in order."""
CONTROL = (0.38, 0.38, 0.38)
DASHES: tuple[tuple[float, ...], ...] = ((5, 2), (1, 1.2), (6, 1.5, 1, 1.5), (2, 2), (10, 2), (3, 1, 1, 1, 1, 1))
"""Of controls, in order."""
RELEVANCE = "RdBu_r"
"""Diverging, and told apart with any colour vision: blue below zero, white at zero, red above."""

STYLE: Any = {
    **sns.axes_style("whitegrid"),
    "axes.edgecolor": "0.5",
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.labelsize": 9.5,
    "figure.dpi": DPI,
    "font.family": ["sans-serif"],
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9,
    "grid.color": "0.9",
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "pdf.fonttype": 42,  # what journals take, in smaller files
    "savefig.dpi": DPI,
    "svg.fonttype": "none",  # text that can be searched, in smaller files
    "svg.hashsalt": "whybench",
    "text.parse_math": False,  # names are text, also those with a dollar sign
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
}

UNSAID = {".svg": ("Creator", "Date"), ".pdf": ("CreationDate", "Creator", "Producer")}
"""What a format would say of when and by what a figure was written."""


@contextmanager
def styled() -> Iterator[None]:
    """The house style for what is drawn inside; the caller's settings come back afterwards."""
    with matplotlib.rc_context(STYLE):
        yield


class Drawing(Figure):
    """A figure that a notebook shows by itself: those of pyplot are shown by pyplot, which does not know this one."""

    def _repr_png_(self) -> bytes:
        out = BytesIO()
        with styled():
            self.savefig(out, format="png", bbox_inches="tight", metadata={"Software": None})
        return out.getvalue()


def new_figure(width: float, height: float) -> Figure:
    """A figure of its own, in inches, which no global state knows."""
    figure = Drawing(figsize=(width, height))
    FigureCanvasAgg(figure)
    return figure


def place(figure: Figure, left: float, top: float, width: float, height: float, share: Axes | None = None) -> Axes:
    """Axes at a place in inches from the upper left corner, with the limits of those they share."""
    across, down = figure.get_size_inches()
    where = (left / across, 1 - (top + height) / down, width / across, height / down)
    return figure.add_axes(where, sharex=share, sharey=share)


def given_or_new(ax: Axes | None, width: float, height: float, margins: tuple[float, float, float, float]) -> Axes:
    """The axes given, or those of a new figure: inches inside, and left, above, right and below of them."""
    if ax is not None:
        return ax
    left, above, right, below = margins
    return place(new_figure(left + width + right, above + height + below), left, above, width, height)


def figure_of(ax: Axes) -> Figure:
    """The figure that axes lie in."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    return figure


def height_of(ax: Axes) -> float:
    """Inches from the bottom of axes to their top."""
    return float(ax.get_window_extent().height / figure_of(ax).dpi)


def fitted(ax: Axes, title: str) -> str:
    """A title in lines no longer than the axes given are wide, so that it does not run into its neighbour's."""
    width = ax.get_window_extent().width / figure_of(ax).dpi
    return fill(" ".join(title.split()), max(24, int(width / LETTER)))


def headline(ax: Axes, title: str, new: bool) -> None:
    """A title at the left edge of a figure of its own (new), or above the axes given."""
    if new:
        figure = figure_of(ax)
        figure.text(0.1 / figure.get_figwidth(), 1 - 0.08 / figure.get_figheight(), title, va="top", fontsize=10)
    else:
        ax.set_title(fitted(ax, title))


def columns_on_top(ax: Axes, names: Sequence[str]) -> None:
    """A matrix without grid and frame, the names of its columns above it, slanting."""
    ax.set_xticks(range(len(names)), names, rotation=45, ha="left", rotation_mode="anchor")
    ax.tick_params(top=True, bottom=False, labeltop=True, labelbottom=False, length=0)
    ax.grid(visible=False)
    ax.set_frame_on(False)


def save(figure: Figure, path: Path, trim: bool = False) -> None:
    """Write a figure without dates or versions: equal figures give equal bytes.

    trim: without the empty margins around what is drawn.
    """
    metadata: dict[str, None] = dict.fromkeys(UNSAID.get(path.suffix, ("Software",)))
    with styled(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(path, metadata=metadata, bbox_inches="tight" if trim else None, pad_inches=0.08)
    if path.suffix == ".svg":
        path.write_text(short(small_pixels(path.read_text(encoding="utf-8"))), encoding="utf-8", newline="\n")
    elif path.suffix == ".pdf":
        path.write_bytes(small_fonts(path.read_bytes()))
