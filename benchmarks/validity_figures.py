"""The figures of benchmarks/metric_validity.py; each title says what is found."""

from collections.abc import Sequence
from textwrap import fill

import pandas as pd
from matplotlib.figure import Figure

from whybench.plots.style import COLOURS, CONTROL, new_figure, place, styled

LEFT, TOP, ROW, WIDTH = 2.6, 0.95, 0.26, 4.6


def dots(tables: dict[str, pd.DataFrame], metrics: Sequence[str], controls: Sequence[str], title: str) -> Figure:
    """The mean tau of each metric with its interval, one colour a kind of world; controls at the bottom in grey."""
    names = [*metrics, *controls]
    with styled():
        height = ROW * len(names)
        figure = new_figure(LEFT + WIDTH + 0.3, TOP + height + 1.0)
        ax = place(figure, LEFT, TOP, WIDTH, height)
        ax.axvline(0, color="0.5", linewidth=0.8)
        for number, (label, table) in enumerate(tables.items()):
            for row, name in enumerate(names):
                if name not in table.index or table.loc[name, "tau"] != table.loc[name, "tau"]:
                    continue
                mean, low, high = table.loc[name, ["tau", "low", "high"]]
                y = len(names) - 1 - row + 0.22 * (1 - number)
                colour = CONTROL if name in controls else COLOURS[number]
                ax.plot([low, high], [y, y], color=colour, linewidth=1.3)
                marker = "os^"[number]
                ax.plot([mean], [y], marker, color=colour, markersize=4, label=label if row == 0 else None)
        ax.set_yticks(range(len(names)), names[::-1])
        ax.set_ylim(-0.7, len(names) - 0.3)
        ax.set_xlim(-1, 1)
        ax.set_xlabel("Kendall's tau-b with the order by true error; mean over worlds, 95 % interval")
        ax.legend(loc="upper center", bbox_to_anchor=(0.35, -0.55 / height), ncols=3)
        figure.suptitle(fill(title, 82), x=0.02, y=0.985, ha="left", va="top", fontsize=11)
    return figure


def against_use(taus: pd.DataFrame, networks: pd.DataFrame, metrics: Sequence[str], title: str) -> Figure:
    """The mean tau over the networks of one strength against the measured use of the mark, one line a metric."""
    chosen = taus[(taus["distance"] == "misplaced") & (taus["pool"] == "methods")].merge(networks, on="world")
    with styled():
        figure = new_figure(7.4, 4.5)
        ax = place(figure, 0.75, 0.95, 4.3, 2.9)
        ax.axhline(0, color="0.5", linewidth=0.8)
        for number, metric in enumerate(metrics):
            rows = chosen[chosen["metric"] == metric]
            line = rows.assign(tau=rows["tau"].astype(float)).groupby("strength")[["share", "tau"]].mean().dropna()
            colour, marker = COLOURS[number % len(COLOURS)], "os^Dv<>P"[number % 8]
            ax.plot(line["share"], line["tau"], color=colour, marker=marker, markersize=5, linewidth=1.4, label=metric)
        ax.set_xlabel("the mark's share of all worth, measured by intervention")
        ax.set_ylabel("Kendall's tau-b with the true order")
        ax.set_ylim(-1, 1)
        ax.legend(loc="upper left", bbox_to_anchor=(1.02, 1.0))
        figure.suptitle(fill(title, 82), x=0.02, y=0.985, ha="left", va="top", fontsize=11)
    return figure
