"""Curves behind scores: the mean over samples with its band, one line a method."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from scipy import stats

from whybench.plots.labels import label
from whybench.plots.style import COLOURS, CONTROL, DASHES, given_or_new, styled
from whybench.records import Array, Record
from whybench.statistics.intervals import LEVEL

WIDTHS = (3.0, 2.6, 2.3, 2.0, 1.8, 1.6, 1.4, 1.2)
"""Later lines are thinner, so that one that coincides with an earlier one leaves it to be seen."""


@dataclass(frozen=True, eq=False)
class MeanCurve:
    """The mean of n samples' curves on one grid, with pointwise 95 % t intervals (None for one sample)."""

    name: str
    control: bool
    x: Array
    mean: Array
    low: Array | None
    high: Array | None
    n: int


def mean_curve(name: str, control: bool, records: Sequence[Record]) -> MeanCurve | None:
    """The mean over the samples of a cell's records, one a seed; None where no sample has a curve.

    Each curve is brought by linear interpolation to the grid of all x that occur, at most 101 even steps; seeds are
    averaged within each sample first. Samples whose curve has a value missing are left out.
    """
    found = [
        (sample.sample_id, x, y)
        for r in records
        if r.curves is not None
        for sample, x, y in zip(r.samples, r.curves.x, r.curves.y, strict=True)
        if np.isfinite(x).all() and np.isfinite(y).all()
    ]
    if not found:
        return None
    grid = _grid([x for _, x, _ in found])
    by_sample: dict[str, list[Array]] = {}
    for sample_id, x, y in found:
        by_sample.setdefault(sample_id, []).append(np.interp(grid, x, y))
    samples = np.stack([np.mean(seeds, axis=0) for seeds in by_sample.values()])
    n, mean = len(samples), samples.mean(axis=0)
    if n == 1:
        return MeanCurve(name, control, grid, mean, None, None, n)
    half = stats.t.ppf((1 + LEVEL) / 2, n - 1) * samples.std(axis=0, ddof=1) / np.sqrt(n)
    return MeanCurve(name, control, grid, mean, mean - half, mean + half, n)


def _grid(xs: Sequence[Array]) -> Array:
    points: Array = np.unique(np.concatenate(xs).round(9))
    return points if len(points) <= 101 else np.linspace(points[0], points[-1], 101)


def y_limits(curves: Sequence[MeanCurve]) -> tuple[float, float]:
    """The range of the means and, as far as a third of it on either side, of their bands.

    Bands of very few samples are wide; what lies beyond is cut off by the frame, so that the means stay apart.
    """
    low, high = min(float(c.mean.min()) for c in curves), max(float(c.mean.max()) for c in curves)
    span = (high - low) or abs(high) or 1.0
    lowest = min(float((c.mean if c.low is None else c.low).min()) for c in curves)
    highest = max(float((c.mean if c.high is None else c.high).max()) for c in curves)
    return max(lowest, low - span / 3) - 0.04 * span, min(highest, high + span / 3) + 0.04 * span


def draw_curves(curves: Sequence[MeanCurve], x_name: str, y_name: str, title: str = "", ax: Axes | None = None) -> Axes:
    """One line a curve in the order given: methods solid, with a band; controls grey and dashed.

    The legend stands right of the axes. Eight methods have colours of their own; more repeat them.
    """
    with styled():
        ax = given_or_new(ax, 3.6, 2.7, (0.7, 0.5, 2.9, 0.6))
        methods = [c for c in curves if not c.control]
        controls = [c for c in curves if c.control]
        for i, curve in enumerate(methods):
            _line(ax, curve, COLOURS[i % len(COLOURS)], None, WIDTHS[i % len(WIDTHS)])
        for i, curve in enumerate(controls):
            _line(ax, curve, CONTROL, DASHES[i % len(DASHES)], 1.2)
        ax.set(xlabel=x_name, ylabel=y_name)
        ax.set_title(title)
        ax.margins(x=0)
        if curves:
            ax.set_ylim(*y_limits(curves))
        sns.despine(ax=ax)
        if curves:
            ax.legend(
                loc="upper left", bbox_to_anchor=(1.02, 1.02), handlelength=2.4, borderaxespad=0, labelspacing=0.35
            )
    return ax


def _line(
    ax: Axes, curve: MeanCurve, colour: tuple[float, float, float], dash: tuple[float, ...] | None, width: float
) -> None:
    if dash is None:
        ax.plot(curve.x, curve.mean, color=colour, linewidth=width, label=label(curve.name))
        if curve.low is not None and curve.high is not None:
            ax.fill_between(curve.x, curve.low, curve.high, color=colour, alpha=0.13, linewidth=0)
    else:
        ax.plot(curve.x, curve.mean, color=colour, linewidth=width, dashes=dash, label=f"{label(curve.name)} (control)")
