"""The figures of results/exact_worlds."""

from typing import Any

from matplotlib.figure import Figure

from whybench.plots.style import COLOURS, CONTROL, new_figure, place, styled

ROW, WIDTH, LEFT, BELOW, TOP = 0.2, 5.5, 3.3, 0.6, 0.5
LETTER = 0.062
"""Inches of a letter of a name."""


def _axes(names: list[str]) -> tuple[Figure, Any]:
    left, rows = max(LEFT, LETTER * max(map(len, names)) + 0.2), len(names)
    figure = new_figure(left + WIDTH + 0.3, TOP + rows * ROW + BELOW)
    return figure, place(figure, left, TOP, WIDTH, rows * ROW)


def regret_figure(frame: Any, title: str) -> Figure:
    """Each method's regret with its interval; 0 is the best order, and controls are grey."""
    with styled():
        figure, ax = _axes(list(frame.method))
        for y, row in enumerate(frame.itertuples()):
            colour = CONTROL if row.control else COLOURS[0]
            ax.plot([row.low, row.high], [y, y], color=colour, linewidth=1.4)
            ax.plot(row.mean, y, "D" if row.control else "o", color=colour, markersize=4)
        _labelled(ax, list(frame.method))
        ax.set_xlabel("regret: 0 the best order of all, 1 the worst")
        ax.set_xlim(left=0)
        best, control = (frame.method[frame.control == which].iloc[0] for which in (False, True))
        ax.set_title(f"{title}: least by {best.partition('(')[0]}; of the controls, by {control}")
    return figure


def validity_figure(frame: Any, title: str) -> Figure:
    """Each metric's mean tau with the true regret, and the best that readings without the model reach."""
    with styled():
        figure, ax = _axes(list(frame.metric))
        for y, (_, row) in enumerate(frame.iterrows()):
            colour = COLOURS[0] if row["asks the model"] else CONTROL
            ax.plot([row.tau_low, row.tau_high], [y, y], color=colour, linewidth=1.4)
            ax.plot(row.tau, y, "o", color=colour, markersize=4)
            ax.plot([row["control tau"]] * 2, [y - 0.4, y + 0.4], color="0.45", linewidth=1.2)
        _labelled(ax, list(frame.metric))
        ax.axvline(0, color="0.6", linewidth=0.8)
        ax.set_xlabel("Kendall's tau with the order by true regret (grey stroke: the best reading without the model)")
        beyond = int((frame["beyond_low"] > 0).sum())
        ax.set_title(f"{title}: {beyond} of {int(frame['asks the model'].sum())} say more than the map alone")
    return figure


def _labelled(ax: Any, names: list[str]) -> None:
    ax.set_yticks(range(len(names)), names, fontsize=7.5)
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.grid(axis="y", visible=False)
