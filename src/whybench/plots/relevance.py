"""Relevance of a table's columns, over a whole dataset."""

from collections.abc import Sequence

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes

from whybench.plots.labels import label
from whybench.plots.style import COLOURS, given_or_new, styled
from whybench.records import Array


def column_relevance(
    relevance: Array, columns: Sequence[str], order: Sequence[int], title: str = "", ax: Axes | None = None
) -> Axes:
    """Mean of |relevance| over samples as bars, the signed mean as a dot on each.

    relevance: (n, columns); order: which columns, from the top. A dot at the bar's end, or as far left of zero, says
    that the sign is the same for all samples.
    """
    with styled():
        ax = given_or_new(ax, 3.4, 0.22 * len(order), (2.0, 0.4, 0.2, 0.5))
        names = [label(columns[i], 26) for i in order]
        places = np.arange(len(order))
        ax.barh(
            places, np.abs(relevance).mean(axis=0)[order], color=COLOURS[0], alpha=0.45, label="mean of |relevance|"
        )
        ax.plot(relevance.mean(axis=0)[order], places, "o", color="black", markersize=4, label="mean, signed")
        ax.axvline(0, color="0.4", linewidth=0.8)
        ax.set_yticks(places, names)
        ax.invert_yaxis()
        ax.set_title(title)
        ax.grid(visible=False, axis="y")
        ax.locator_params(axis="x", nbins=4)
        sns.despine(ax=ax, left=True)
    return ax
