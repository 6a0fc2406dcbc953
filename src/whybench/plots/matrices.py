"""Matrices with a number in every cell: places of methods in families, agreement of metrics."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from whybench.plots.labels import label
from whybench.plots.style import RELEVANCE, columns_on_top, given_or_new, headline, styled
from whybench.records import Array

WIDE, HIGH = 0.62, 0.26
"""Inches of a cell."""
SLANTING = 0.055
"""Inches that a letter of a column's name takes upwards."""
PALE = 0.55
"""How much of the colour scale cells use, so that black numbers can be read on all of them."""


def places_matrix(
    methods: Sequence[str],
    columns: Sequence[str],
    places: Mapping[tuple[str, str], int],
    pools: Mapping[str, int],
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """The place of each method (row) in each column; the better half is blue, the worse one red.

    places: by (method, column), 1 is best, missing where a method has none; pools: how many methods stand in a column.
    """
    table = np.array([[places.get((m, c), np.nan) for c in columns] for m in methods], dtype=np.float64)
    most = np.array([max(pools.get(c, 1) - 1, 1) for c in columns])
    shades = 2 * (table.reshape(len(methods), len(columns)) - 1) / most - 1
    texts = {cell: f"{place:.0f}" for cell, place in np.ndenumerate(table) if np.isfinite(place)}
    return _draw(shades, texts, (methods, columns), title, ax)


def agreement_matrix(
    names: Sequence[str], taus: Mapping[tuple[str, str], float], title: str = "", ax: Axes | None = None
) -> Axes:
    """Kendall's tau-b between rows and columns: red where two order methods alike, blue where they do the opposite.

    taus: by pair of names in either order, missing where nothing is known.
    """
    table = np.array([[taus.get((a, b), taus.get((b, a), np.nan)) for b in names] for a in names], dtype=np.float64)
    texts = {cell: f"{tau:.2f}" for cell, tau in np.ndenumerate(table) if np.isfinite(tau)}
    return _draw(table.reshape(len(names), len(names)), texts, (names, names), title, ax)


def _draw(
    shades: Array,
    texts: Mapping[tuple[int, ...], str],
    names: tuple[Sequence[str], Sequence[str]],
    title: str,
    ax: Axes | None,
) -> Axes:
    """Cells shaded from -1 to 1."""
    rows, columns = names[0], [label(name) for name in names[1]]
    new = ax is None
    above = 0.5 + 0.18 * title.count("\n") + SLANTING * max(map(len, columns), default=0)
    with styled():
        ax = given_or_new(ax, WIDE * len(columns), HIGH * len(rows), (2.6, above, 1.6, 0.2))
        if shades.size:
            ax.imshow(shades, cmap=RELEVANCE, vmin=-1 / PALE, vmax=1 / PALE, aspect="auto")
        for (row, column), text in texts.items():
            ax.text(column, row, text, ha="center", va="center", fontsize=8.5)
        ax.set_yticks(range(len(rows)), [label(name) for name in rows])
        columns_on_top(ax, columns)
        headline(ax, title, new)
    return ax
