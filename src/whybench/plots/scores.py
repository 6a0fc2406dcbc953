"""Mean scores of methods, one line each."""

from collections.abc import Sequence
from dataclasses import dataclass

import seaborn as sns
from matplotlib.axes import Axes

from whybench.plots.labels import label
from whybench.plots.style import COLOURS, CONTROL, given_or_new, headline, height_of, styled

LINE = 0.2
"""Inches from one name to the next."""


@dataclass(frozen=True)
class Scored:
    """One method: the mean of a score with its interval (None from one sample)."""

    name: str
    control: bool
    mean: float
    low: float | None
    high: float | None


def mean_scores(
    scores: Sequence[Scored], quality: str, higher_is_better: bool = True, title: str = "", ax: Axes | None = None
) -> Axes:
    """Means with their intervals, in the order given from the top: methods as circles, controls as grey squares.

    A dashed line stands at the best control. The axis is turned round where lower is better: better is to the right.
    """
    new, size = ax is None, max(len(scores), 2)
    with styled():
        ax = given_or_new(ax, 4.4, LINE * size, (2.6, 0.45 + 0.18 * title.count("\n"), 0.3, 0.85))
        for control, marker, colour in ((False, "o", COLOURS[0]), (True, "s", CONTROL)):
            group = [(k, s) for k, s in enumerate(scores) if s.control is control]
            for k, s in group:
                if s.low is not None and s.high is not None:
                    ax.plot([s.low, s.high], [k, k], color=colour, linewidth=1.3, alpha=0.6)
            if group:
                at, means = [k for k, _ in group], [s.mean for _, s in group]
                face, name = ("white", "control") if control else (colour, "method")
                ax.scatter(means, at, s=30, marker=marker, facecolor=face, edgecolor=colour, zorder=3, label=name)
        controls = [s.mean for s in scores if s.control]
        if controls:
            best = max(controls) if higher_is_better else min(controls)
            ax.axvline(best, color=CONTROL, linewidth=1, dashes=(5, 2), label="best control")
        ax.set_yticks(range(len(scores)), [label(s.name) for s in scores])
        ax.set_ylim(size - 0.4, -0.6)
        if not higher_is_better:
            ax.invert_xaxis()
        ax.set_xlabel(f"{label(quality)}, mean and 95 % interval (better is right)")
        ax.grid(visible=False, axis="y")
        sns.despine(ax=ax, left=True)
        if scores:
            where = (0, -0.5 / height_of(ax))
            ax.legend(loc="upper left", bbox_to_anchor=where, ncols=3, handletextpad=0.3, borderaxespad=0)
        headline(ax, title, new)
    return ax
