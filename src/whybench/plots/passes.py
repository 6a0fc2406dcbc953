"""Passes needed and done, and the time that they took, in one unit."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log10

import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from whybench.plots.labels import label
from whybench.plots.style import COLOURS, given_or_new, headline, height_of, styled

LINE = 0.17
"""Inches from one row to the next."""


@dataclass(frozen=True)
class Load:
    """One method or metric, a sample.

    needed, done: samples through the model, forward and backward together; needed is None where a definition does not
    say; times: wall time in bare forward passes, None where that was not measured.
    """

    name: str
    needed: float | None
    done: float
    times: float | None


def passes_needed_and_done(loads: Sequence[Load], what: str, title: str = "", ax: Axes | None = None) -> Axes:
    """Passes needed (circles), passes done (dots) and time in bare forward passes (ticks), a row each, log scale.

    what: the label of the rows. Those without any pass are left out; the others stand in the order of passes done.
    """
    shown = sorted((load for load in loads if load.done > 0), key=lambda load: (load.done, load.name))
    levels, height, new = range(len(shown)), max(1.0, LINE * len(shown)), ax is None
    with styled():
        ax = given_or_new(ax, 4.6, height, (2.6, 0.45 + 0.18 * title.count("\n"), 0.3, 0.95))
        marks = (
            ("passes needed", [load.needed for load in shown], "o", 46, {"facecolor": "none", "edgecolor": "0.35"}),
            ("passes done", [load.done for load in shown], "o", 13, {"color": COLOURS[0]}),
            ("time, in bare forward passes", [load.times for load in shown], "|", 60, {"color": COLOURS[1]}),
        )
        for name, values, marker, size, colour in marks:
            at = [k for k, value in enumerate(values) if value]
            ax.scatter([values[k] or 0.0 for k in at], at, marker=marker, s=size, label=name, zorder=3, **colour)
        ax.set_xscale("log")
        drawn = [value for load in shown for value in (load.needed, load.done, load.times) if value]
        decades = log10(max(drawn) / min(drawn)) if drawn else 0.0
        ax.xaxis.set_major_locator(LogLocator(subs=(1.0,) if decades > 2 else (1.0, 2.0, 5.0)))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        ax.xaxis.set_minor_formatter(NullFormatter())
        ax.set_yticks(levels, [label(load.name, 36) for load in shown])
        ax.set_ylim(-0.8, len(shown) - 0.2)
        ax.set(xlabel="a sample (log scale)", ylabel=what)
        headline(ax, title, new)
        ax.legend(loc="upper left", bbox_to_anchor=(-0.3, -0.5 / height_of(ax)), ncols=3, handletextpad=0.2)
        sns.despine(ax=ax, left=True)
    return ax
