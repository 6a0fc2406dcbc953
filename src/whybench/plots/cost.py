"""Quality against cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import fill

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from whybench.plots.labels import label
from whybench.plots.style import COLOURS, CONTROL, fitted, given_or_new, height_of, styled
from whybench.statistics import pareto_front

LINE = 0.155
"""Inches from one name to the next."""
FASTEST = 1e-6
"""Seconds; what is measured as less is drawn here, since the axis is logarithmic."""


@dataclass(frozen=True)
class Point:
    """One method: the mean of a score with its interval, and the seconds that explaining one sample takes."""

    name: str
    control: bool
    seconds: float
    mean: float
    low: float | None
    high: float | None


def quality_against_cost(
    points: Sequence[Point], quality: str, higher_is_better: bool = True, title: str = "", ax: Axes | None = None
) -> Axes:
    """Score against milliseconds a sample: methods as circles, controls as squares, the front as a stepped line.

    The front joins the methods than which no other is both cheaper and better. Names stand right of the axes, in the
    order of the scores.
    """
    with styled():
        said = fill(title, 100) if ax is None else fitted(ax, title)
        height = max(3.0, 0.6 + LINE * len(points))
        ax = given_or_new(ax, 5.6, height, (0.75, 0.5 + 0.18 * said.count("\n"), 2.9, 0.85))
        for control, marker, colour in ((False, "o", COLOURS[0]), (True, "s", CONTROL)):
            group = [p for p in points if p.control is control]
            if group:
                x, y = [_ms(p) for p in group], [p.mean for p in group]
                ax.errorbar(x, y, yerr=_bars(group), fmt="none", ecolor=colour, elinewidth=1, alpha=0.55)
                face = "white" if control else colour
                name = "control" if control else "method"
                ax.scatter(x, y, s=34, marker=marker, facecolor=face, edgecolor=colour, zorder=3, label=name)
        best = front(points, higher_is_better)
        if len(best) > 1:
            ax.step(
                [_ms(p) for p in best],
                [p.mean for p in best],
                where="post",
                color=COLOURS[0],
                linewidth=1,
                alpha=0.5,
                label="no method cheaper and better",
            )
        ax.set_xscale("log")
        decades = np.ptp(np.log10([_ms(p) for p in points])) if points else 0
        ax.xaxis.set_major_locator(LogLocator(subs=(1.0,) if decades > 2 else (1.0, 2.0, 5.0)))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        ax.xaxis.set_minor_formatter(NullFormatter())
        ax.margins(x=0.06, y=0.08)
        if not higher_is_better:
            ax.invert_yaxis()
        ax.set(xlabel="wall milliseconds a sample (log scale)", ylabel=f"{label(quality)} (better is up)")
        ax.set_title(said, pad=12)
        sns.despine(ax=ax)
        if points:
            _names(ax, points)
            ax.legend(
                loc="upper left",
                bbox_to_anchor=(-0.02, -0.5 / (height_of(ax) + 0.5)),
                ncols=3,
                handletextpad=0.3,
                borderaxespad=0,
            )
    return ax


def front(points: Sequence[Point], higher_is_better: bool = True) -> list[Point]:
    """The methods on the Pareto front, cheapest first."""
    methods = [p for p in points if not p.control]
    if not methods:
        return []
    on = pareto_front([p.seconds for p in methods], [p.mean if higher_is_better else -p.mean for p in methods])
    return sorted((p for p, held in zip(methods, on, strict=True) if held), key=lambda p: p.seconds)


def _ms(point: Point) -> float:
    return 1e3 * max(point.seconds, FASTEST)


def _bars(points: Sequence[Point]) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    below = [0.0 if p.low is None else p.mean - p.low for p in points]
    above = [0.0 if p.high is None else p.high - p.mean for p in points]
    return np.maximum(np.array([below, above], dtype=np.float64), 0)


def _names(ax: Axes, points: Sequence[Point]) -> None:
    """Each name in a column right of the axes, a thin line leading from its point."""
    to_axes = ax.transData + ax.transAxes.inverted()
    ax.autoscale_view()
    places = {p: to_axes.transform((_ms(p), p.mean)) for p in points}
    order = sorted(points, key=lambda p: -places[p][1])
    height = height_of(ax)
    for point, level in zip(order, spread([places[p][1] for p in order], LINE / height), strict=True):
        colour = CONTROL if point.control else "black"
        x, y = places[point]
        leader = Line2D([x, 1.01, 1.03], [y, level, level], color="0.8", linewidth=0.6, zorder=1)
        leader.set(transform=ax.transAxes, clip_on=False)
        ax.add_artist(leader)
        ax.text(1.035, level, label(point.name), transform=ax.transAxes, va="center", fontsize=8.5, color=colour)


def spread(wanted: Sequence[float], step: float) -> list[float]:
    """Falling heights, `step` or more apart and at most 1, close to those wanted.

    Where the top leaves room they have the least squared distance from those wanted (pooled neighbours).

    >>> spread([0.9, 0.5, 0.5], 0.25), spread([1.0, 1.0], 0.25)
    ([0.9, 0.625, 0.375], [1.0, 0.75])
    """
    pools: list[list[float]] = []
    for i, height in enumerate(wanted):
        pools.append([height + i * step])
        while len(pools) > 1 and _mean(pools[-1]) > _mean(pools[-2]):
            last = pools.pop()
            pools[-1] += last
    flat = [min(1.0, _mean(pool)) for pool in pools for _ in pool]
    return [height - i * step for i, height in enumerate(flat)]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
