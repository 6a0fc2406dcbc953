"""The figure of benchmarks/growth.py: one panel an axis, costs relative to the smallest size."""

from collections.abc import Mapping
from textwrap import fill

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator
from power_law import Exponent

from whybench.plots.style import COLOURS, new_figure, place, styled

LOOK = {
    "passes": ("passes", COLOURS[2], "s"),
    "cpu_seconds": ("CPU time", COLOURS[0], "o"),
    "peak_mib": ("peak memory", COLOURS[1], "^"),
}
WIDTH, HEIGHT, LEFT, GAP, TOP, BELOW = 2.15, 2.15, 0.75, 0.32, 0.85, 0.95


def draw(table: pd.DataFrame, found: Mapping[str, Mapping[str, Exponent]], title: str) -> Figure:
    """Cost relative to the smallest size, both axes logarithmic; the dashed line is linear growth."""
    relative = table.assign(passes=table["forward"] + table["backward"])
    axes = list(found)
    with styled():
        figure = new_figure(LEFT + len(axes) * (WIDTH + GAP), TOP + HEIGHT + BELOW)
        first = None
        for number, axis in enumerate(axes):
            rows = relative[relative["axis"] == axis]
            ax = place(figure, LEFT + number * (WIDTH + GAP), TOP, WIDTH, HEIGHT)
            sizes = rows["size"] / rows["size"].iloc[0]
            ax.plot(sizes, sizes, color="0.6", linestyle=(0, (5, 2)), linewidth=1, label="linear")
            for cost, (name, colour, marker) in LOOK.items():
                values = rows[cost].clip(lower=0.01)
                ax.plot(sizes, values / values.iloc[0], color=colour, marker=marker, markersize=5, label=name)
            ax.set_xscale("log")
            ax.set_yscale("log")
            ax.set_ylim(0.4, 90)
            ax.set_xticks(sizes, [f"{size:,}" for size in rows["size"]])
            ax.xaxis.set_minor_locator(NullLocator())
            ax.set_yticks([0.5, 1, 2, 4, 8, 16, 32, 64])
            ax.yaxis.set_minor_locator(NullLocator())
            ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}x"))
            ax.set_title(axis)
            for line, (cost, (name, colour, _)) in enumerate(LOOK.items()):
                said = f"{name}: {found[axis][cost].value:.2f}"
                ax.text(0.04, 0.95 - 0.085 * line, said, color=colour, fontsize=8, va="top", transform=ax.transAxes)
            if first is None:
                ax.set_ylabel("cost, of that at the smallest size")
                first = ax
            else:
                ax.set_yticklabels([])
        figure.suptitle(fill(title, 150), x=LEFT / figure.get_figwidth(), y=0.985, ha="left", va="top", fontsize=11)
        assert first is not None
        handles, names = first.get_legend_handles_labels()
        figure.legend(handles, names, ncols=4, loc="lower left", bbox_to_anchor=(0.6 / figure.get_figwidth(), 0.0))
        note = "numbers: exponents; 1 is linear, 0 no growth"
        figure.text(0.995, 0.04, note, ha="right", fontsize=8.5, color="0.35")
    return figure
