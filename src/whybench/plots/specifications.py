"""Specification curves: who is ahead of whom over all parameters of a metric, and one pair under each of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from whybench.plots.labels import label
from whybench.plots.style import COLOURS, RELEVANCE, columns_on_top, given_or_new, headline, styled

CELL = 0.46
"""Inches of a square of the matrix."""
LINE = 0.17
"""Inches from one choice to the next."""
SURE = (COLOURS[0], COLOURS[1])
"""Of intervals above and below zero; those that hold zero are grey."""
UNSURE = (0.6, 0.6, 0.6)

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Specified:
    """One pair under one specification: its choices, and the paired effect with its interval."""

    choices: Mapping[str, object]
    effect: float
    low: float | None
    high: float | None


def ahead_matrix(
    names: Sequence[str],
    shares: Mapping[tuple[str, str], float],
    both: Sequence[tuple[str, str]] = (),
    title: str = "",
    ax: Axes | None = None,
) -> Axes:
    """In how many per cent of the specifications the method of the row is ahead of that of the column.

    shares: by (row, column), missing where no specification scores both; "=" where they are equal in all of them;
    both: pairs of which each is ahead under some with an interval that leaves out zero; they are framed.
    """
    size, new = len(names), ax is None
    with styled():
        ax = given_or_new(ax, CELL * size, CELL * size, (2.5, 1.85 + 0.18 * title.count("\n"), 1.2, 0.35))
        table = np.array([[shares.get((a, b), np.nan) for b in names] for a in names], dtype=np.float64)
        ax.imshow((table + 1 - table.T) / 2, cmap=RELEVANCE, vmin=-0.4, vmax=1.4, aspect="auto")
        for (i, j), value in np.ndenumerate(table):
            if np.isfinite(value):
                said = "=" if value == table[j, i] == 0 else f"{100 * value:.0f}"
                ax.text(j, i, said, ha="center", va="center", fontsize=8.5)
                if (names[i], names[j]) in both or (names[j], names[i]) in both:
                    ax.add_patch(Rectangle((j - 0.45, i - 0.45), 0.9, 0.9, fill=False, edgecolor="black", linewidth=1))
        ax.set_yticks(range(size), [label(name) for name in names])
        columns_on_top(ax, [label(name, 24) for name in names])
        ax.set_xlabel("row ahead of column, per cent of the specifications")
        headline(ax, title, new)
    return ax


def specification_curve(points: Sequence[Specified], effect: str, title: str = "", ax: Axes | None = None) -> Axes:
    """The effects in rising order with their intervals, and below them which choices each stands for.

    Both lie inside the one axes: its `child_axes` are the effects and the choices.
    """
    ordered = sorted(points, key=lambda p: p.effect)
    rows, new = _rows([p.choices for p in ordered]), ax is None
    above, gap, below = 2.1, 0.1, LINE * len(rows)
    height = above + gap + below
    with styled():
        ax = given_or_new(ax, 6.4, height, (2.1, 0.45 + 0.18 * title.count("\n"), 0.2, 0.2))
        ax.set_axis_off()
        top = ax.inset_axes((0, 1 - above / height, 1, above / height))
        choice = ax.inset_axes((0, 0, 1, below / height))
        colours = [_colour(p) for p in ordered]
        _effects(top, ordered, colours, effect)
        _choices(choice, ordered, rows, colours)
        for part in (top, choice):
            part.set_xlim(-1, len(ordered))
            part.set_xticks([])
            part.grid(visible=False, axis="x")
        sns.despine(ax=top, bottom=True)
        sns.despine(ax=choice, left=True, bottom=True)
        headline(ax, title, new)
    return ax


def _effects(ax: Axes, points: Sequence[Specified], colours: Sequence[Colour], effect: str) -> None:
    for k, p in enumerate(points):
        if p.low is not None and p.high is not None:
            ax.plot([k, k], [p.low, p.high], color=colours[k], linewidth=1, alpha=0.55)
    ax.scatter(range(len(points)), [p.effect for p in points], s=9, c=list(colours), zorder=3, linewidth=0)
    ax.axhline(0, color="black", linewidth=0.8)
    ax.set_ylabel(effect)


def _choices(
    ax: Axes, points: Sequence[Specified], rows: Sequence[tuple[str, object]], colours: Sequence[Colour]
) -> None:
    for level, (name, value) in enumerate(rows):
        at = [k for k, p in enumerate(points) if p.choices.get(name) == value]
        ax.scatter(at, [level] * len(at), s=11, marker="|", c=[colours[k] for k in at], linewidth=1.1)
    ax.set_yticks(range(len(rows)), [f"{name} = {label(str(value), 20)}" for name, value in rows])
    ax.set_ylim(len(rows) - 0.4, -0.6)
    for border in _borders(rows):
        ax.axhline(border, color="0.75", linewidth=0.8)
    ax.grid(visible=False)
    ax.tick_params(length=0)


def _rows(choices: Sequence[Mapping[str, object]]) -> list[tuple[str, object]]:
    """Every choice that occurs: by name, and by value within it."""
    found = {(name, value) for one in choices for name, value in one.items()}
    return sorted(found, key=lambda row: (row[0], *_numbers_first(row[1])))


def _numbers_first(value: object) -> tuple[float, str]:
    number = isinstance(value, int | float)
    return (float(str(value)), "") if number and not isinstance(value, bool) else (np.inf, str(value))


def _borders(rows: Sequence[tuple[str, object]]) -> list[float]:
    """Where one parameter ends and the next begins."""
    return [k - 0.5 for k in range(1, len(rows)) if rows[k][0] != rows[k - 1][0]]


def _colour(point: Specified) -> Colour:
    if point.low is not None and point.low > 0:
        return SURE[0]
    return SURE[1] if point.high is not None and point.high < 0 else UNSURE
