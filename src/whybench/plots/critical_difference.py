"""The critical-difference diagram: mean ranks on a line, bars over what is not separated."""

from collections.abc import Sequence
from textwrap import fill
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from whybench.errors import MissingExtra
from whybench.plots.labels import label
from whybench.plots.style import fitted, given_or_new, styled
from whybench.statistics.values import Array, finite

LINE = 0.24
"""Inches from one name to the next."""


def critical_difference(
    names: Sequence[str],
    mean_ranks: Sequence[float],
    p_values: Array,
    title: str = "",
    alpha: float = 0.05,
    ax: Axes | None = None,
) -> Axes:
    """Methods at their mean ranks, best left; a bar joins those of which no pair is separated.

    A bar may pass over a method that is not one of those it joins, since tests of pairs need not follow the ranks.

    names: of two methods or more; mean_ranks: 1 is best; p_values: (methods, methods), symmetric, corrected for the
    number of pairs. All three are in `board.fields`: `pool`, `mean_ranks`, `pairs.p`. Bars stand for these tests and
    not for a fixed critical difference, which would let third methods decide whether two differ. Drawn by
    scikit-posthocs, an extra: pip install 'whybench[posthocs]'.

    Raises MissingExtra where it is not installed and ValueError for less than two methods, sizes that do not fit, p
    values that are not finite, not symmetric or not within [0, 1]. Source: demsar2006.
    """
    ranks, p = finite(mean_ranks), finite(p_values, 2)
    _check(names, ranks, p)
    posthocs = _library()
    shown = _distinct([label(name) for name in names])
    with styled():
        said = fill(title, 100) if ax is None else fitted(ax, title)
        height = LINE * (len(names) // 2 + 3)
        ax = given_or_new(ax, 4.6, height, (2.4, 0.6 + 0.18 * said.count("\n"), 2.4, 0.15))
        posthocs.critical_difference_diagram(
            pd.Series(ranks, index=shown),
            pd.DataFrame(p, index=shown, columns=shown),
            alpha=alpha,
            ax=ax,
            label_fmt_left="{label} ({rank:.2f})",
            label_fmt_right="({rank:.2f}) {label}",
            color_palette=dict.fromkeys(shown, "black"),
            label_props={"fontsize": 8.5},
            crossbar_props={"color": "black", "linewidth": 2.5},
        )
        ax.grid(visible=False)
        ax.set_title(said, pad=12)
    return ax


def _library() -> Any:
    try:
        import scikit_posthocs
    except ImportError:
        raise MissingExtra("scikit-posthocs", "posthocs") from None
    return scikit_posthocs


def _check(names: Sequence[str], ranks: Array, p: Array) -> None:
    m = len(names)
    if m < 2 or ranks.shape != (m,) or p.shape != (m, m):
        raise ValueError(
            f"{m} names, {len(ranks)} ranks and p values of shape {p.shape}; expected m, m and (m, m), m > 1"
        )
    if not np.array_equal(p, p.T) or p.min() < 0 or p.max() > 1:
        raise ValueError(f"p values from {p.min()} to {p.max()}; expected a symmetric matrix within [0, 1]")


def _distinct(names: Sequence[str]) -> list[str]:
    """Names as given, a number behind those that shortening has made equal."""
    return [name if names.count(name) == 1 else f"{name} #{names[:k].count(name) + 1}" for k, name in enumerate(names)]
