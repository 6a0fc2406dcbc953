"""The figure of benchmarks/budget_study.py: interval against passes, one line a grid of steps, one panel a model."""

from collections.abc import Mapping, Sequence
from textwrap import fill

from budget import Outcome
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from whybench.plots.style import COLOURS, CONTROL, new_figure, place, styled

SHOWN = (("even", 8, COLOURS[1], "s"), ("stratified", 16, COLOURS[2], "^"), ("stratified", 4, COLOURS[0], "o"))
WIDTH, HEIGHT, LEFT, GAP, TOP, BELOW = 4.0, 3.1, 0.85, 0.85, 0.95, 1.0


def draw(found: Mapping[str, Sequence[Outcome]], samples: Mapping[str, int], title: str) -> Figure:
    """Both axes logarithmic; a line joins the numbers of samples, and the level is the full grid's at all of them."""
    with styled():
        figure = new_figure(LEFT + len(found) * (WIDTH + GAP), TOP + HEIGHT + BELOW)
        for number, (name, outcomes) in enumerate(found.items()):
            ax = place(figure, LEFT + number * (WIDTH + GAP), TOP, WIDTH, HEIGHT)
            _panel(ax, outcomes, samples[name])
            ax.set_title(f"{name}, up to {max(o.split.samples for o in outcomes)} samples")
            if not number:
                ax.set_ylabel("width of the paired 95 % interval")
                handles, labels = ax.get_legend_handles_labels()
                across = LEFT / figure.get_figwidth()
                figure.legend(handles, labels, ncols=5, loc="lower left", bbox_to_anchor=(across - 0.01, 0.0))
        figure.suptitle(fill(title, 105), x=LEFT / figure.get_figwidth(), y=0.985, ha="left", va="top", fontsize=11)
    return figure


def _panel(ax: Axes, outcomes: Sequence[Outcome], samples: int) -> None:
    most = max(o.split.steps for o in outcomes)
    full = next(o for o in outcomes if o.split.steps == most and o.split.samples == samples)
    for rule, steps, colour, marker in (("even", most, CONTROL, "D"), *SHOWN):
        line = [o for o in outcomes if (o.split.rule, o.split.steps) == (rule, steps)]
        label = "full grid" if steps == most else f"{steps} even steps" if rule == "even" else f"stratified({steps})"
        x, y = [o.passes for o in line], [o.width for o in line]
        ax.plot(x, y, color=colour, marker=marker, markersize=5, linewidth=1.4, label=label)
    ax.axhline(full.width, color="0.6", linestyle=(0, (5, 2)), linewidth=1, label="the full grid on all samples")
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlabel("forward passes a method")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_minor_formatter(NullFormatter())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.0f}"))
    ax.yaxis.set_major_locator(LogLocator(10, (1, 1.5, 2, 3, 5, 7)))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}"))
