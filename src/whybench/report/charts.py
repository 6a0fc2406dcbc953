"""Curves and quality against cost, as files."""

from collections import Counter
from collections.abc import Sequence
from textwrap import fill

from whybench.leaderboard.contest import Contest
from whybench.leaderboard.view import View
from whybench.plots import MeanCurve, draw_curves, quality_against_cost, y_limits
from whybench.plots.findings import ends, finding
from whybench.plots.labels import listed
from whybench.plots.readings import lines, points
from whybench.plots.style import figure_of, new_figure, place, styled
from whybench.report.drawing import drawn
from whybench.report.folder import Folder
from whybench.report.pace import Pace
from whybench.report.pictures import Picture

A_PANEL = 8
"""Methods in one panel; the controls are drawn in every one."""
SPECIFICATIONS = 6
"""Of a metric under more than these, the specification curve is drawn, and the curves behind each are not."""


def curve_pictures(view: View, folder: Folder) -> list[Picture]:
    """One figure for each set of curves in a block; metrics that read off the same curves share it."""
    drawn: dict[bytes, tuple[Contest, list[MeanCurve], list[str]]] = {}
    often = Counter(c.metric.name for c in view.contests)
    for contest in (c for c in view.contests if often[c.metric.name] <= SPECIFICATIONS):
        curves = lines(view, contest)
        if curves:
            same = b"".join(sorted(line.name.encode() + line.mean.tobytes() for line in curves))
            drawn.setdefault(same, (contest, curves, []))[2].append(view.metric_names[contest.metric])
    return [_curves(view, folder, *found) for found in drawn.values()]


def _curves(
    view: View, folder: Folder, contest: Contest, found: Sequence[MeanCurve], metrics: Sequence[str]
) -> Picture:
    curves = next(r.curves for e in contest.entries for r in view.records(contest, e.method) if r.curves is not None)
    said = ends(found, curves.y_name) if contest.trivial else finding(contest, view.method_names)
    controls = [line for line in found if line.control]
    methods = [line for line in found if not line.control]
    panels = _dealt(methods)
    title = fill(f"{listed(metrics)}: {said}", 70 if len(panels) == 1 else 150)
    several = len(panels) > 1
    head, across, down = 0.4 + 0.2 * several + 0.18 * title.count("\n"), 6.1, 3.05
    with styled():
        figure = new_figure(across * min(len(panels), 2) + 0.1, head + down * (-(-len(panels) // 2)) - 0.2)
        first, shown = None, 0
        for k, panel in enumerate(panels):
            ax = place(figure, 0.65 + across * (k % 2), head + down * (k // 2), 2.75, 2.2, first)
            span = f"methods {shown + 1} to {shown + len(panel)} of {len(methods)}" if several else ""
            draw_curves([*panel, *controls], curves.x_name, curves.y_name, span, ax)
            first, shown = first or ax, shown + len(panel)
            ax.set_ylim(*y_limits(found))
        figure.text(0.1 / figure.get_figwidth(), 1 - 0.08 / figure.get_figheight(), title, va="top", fontsize=10.5)
    sizes = sorted({line.n for line in found})
    span = f"{sizes[0]}" if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]}"
    samples = "one sample" if sizes == [1] else f"mean of {span} samples"
    band = "" if sizes == [1] else " with its pointwise 95 % t interval for methods"
    return drawn(
        figure,
        folder,
        *("curves", view.block.dataset, view.block.model, metrics[0]),
        alt=f"{curves.y_name} against {curves.x_name} for {len(found)} maps, {view.title}. {said}.",
        caption=f"Curves behind {', '.join(metrics)}: {samples}{band}; controls are dashed. Methods are in the "
        "order of their mean score, best first.",
        wide=several,
    )


def _dealt(methods: Sequence[MeanCurve]) -> list[Sequence[MeanCurve]]:
    """The methods in order on as few panels as hold them, as evenly as possible; one panel where there are none."""
    panels = max(1, -(-len(methods) // A_PANEL))
    size = -(-len(methods) // panels) or 1
    return [methods[i : i + size] for i in range(0, len(methods), size)] or [[]]


def cost_picture(view: View, took: Pace, folder: Folder) -> Picture | None:
    """The lead's mean score against the seconds of an explanation; None where there is nothing to rank or time."""
    contest = view.lead
    shown = points(view, contest, took.seconds) if contest else []
    if contest is None or not shown:
        return None
    said = finding(contest, view.method_names)
    metric = view.metric_names[contest.metric]
    ax = quality_against_cost(shown, metric, contest.higher_is_better, f"{view.title}: {said}")
    return drawn(
        figure_of(ax),
        folder,
        *("cost", view.block.dataset, view.block.model),
        alt=f"{metric} against milliseconds a sample for {len(shown)} maps, {view.title}. {said}.",
        caption=f"Mean {metric} with its 95 % interval against the wall time of one explanation ({took.how}), "
        f"{view.title}.",
    )
