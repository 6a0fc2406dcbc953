"""Specification curves, as files."""

from textwrap import fill

from whybench.leaderboard.sensitivity import Curve, Sensitivity, curves
from whybench.leaderboard.variants import Variant
from whybench.plots import Specified, ahead_matrix, save, specification_curve
from whybench.plots.labels import label
from whybench.plots.style import figure_of
from whybench.report.folder import Folder
from whybench.report.pictures import Picture
from whybench.report.view import View


def specification_pictures(view: View, folder: Folder) -> list[Picture]:
    """Two figures for each metric under several specifications: all pairs of methods, and the most contested one."""
    pictures = []
    for curve in curves(view.contests):
        rows = list(curve.rows())
        if rows:
            pictures.append(_matrix(view, folder, curve, rows))
            pictures.append(_curve(view, folder, curve, contested(curve, rows)))
    return pictures


def contested(curve: Curve, rows: list[Sensitivity]) -> Sensitivity:
    """The pair of which each is ahead most surely under some specification, methods before controls."""
    controls = {curve.names[m] for m in curve.controls}
    return max(
        rows,
        key=lambda r: (
            r.method_a not in controls and r.method_b not in controls,
            min(r.above, r.below),
            min(r.share_ahead, r.share_behind),
        ),
    )


def _matrix(view: View, folder: Folder, curve: Curve, rows: list[Sensitivity]) -> Picture:
    shares = {(r.method_a, r.method_b): r.share_ahead for r in rows}
    shares |= {(r.method_b, r.method_a): r.share_behind for r in rows}
    both = [(r.method_a, r.method_b) for r in rows if min(r.above, r.below) > 0]
    same = sum(max(r.share_ahead, r.share_behind) == 1 for r in rows)
    count = len(curve.of.specifications)
    said = f"{same} of {len(rows)} pairs keep their order under all {count} specifications"
    if both:
        said += f"; {len(both)} are turned round with both intervals off zero"
    names = [_shown(curve, m) for m in curve.order]
    shown = {curve.names[m]: _shown(curve, m) for m in curve.order}
    ax = ahead_matrix(
        names,
        {(shown[a], shown[b]): share for (a, b), share in shares.items()},
        [(shown[a], shown[b]) for a, b in both],
        fill(f"{curve.of.metric}: {said}", 70),
    )
    path = folder.file("figures", "sensitivity", *view.block[1:], curve.of.metric, ending="svg")
    save(figure_of(ax), path)
    return Picture(
        link=folder.link(path),
        alt=f"{curve.of.metric}, {view.title}: {said}.",
        caption=f"In how many per cent of the specifications of {curve.of.metric} the mean of the row's method is "
        "better than that of the column's. Framed: each is ahead with a 95 % interval off zero under some of them.",
        wide=len(names) > 8,
    )


def _curve(view: View, folder: Folder, curve: Curve, pair: Sensitivity) -> Picture:
    by_name = {name: m for m, name in curve.names.items()}
    points = [
        Specified(one.choices, effect.mean, effect.low, effect.high)
        for one, effect in curve.effects(by_name[pair.method_a], by_name[pair.method_b])
    ]
    a, b = label(pair.method_a, 40), label(pair.method_b, 40)
    said = (
        f"{a} is ahead of {b} in {pair.share_ahead:.0%} of {pair.specifications} specifications, "
        f"with an interval above zero in {pair.above:.0%} and below in {pair.below:.0%}"
    )
    ax = specification_curve(points, "paired effect, in its SDs", fill(f"{curve.of.metric}: {said}", 100))
    path = folder.file("figures", "specifications", *view.block[1:], curve.of.metric, ending="svg")
    save(figure_of(ax), path)
    return Picture(
        link=folder.link(path),
        alt=f"{curve.of.metric}, {view.title}: {said}.",
        caption=f"The most contested pair under every specification of {curve.of.metric}, in rising order: mean of the "
        f"paired differences over samples, in their standard deviations, with its 95 % interval; above zero {a} is "
        "ahead. Below: the choices that each stands for.",
    )


def _shown(curve: Curve, method: Variant) -> str:
    return curve.names[method] + " (control)" * (method in curve.controls)
