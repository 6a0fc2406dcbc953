"""Specification curves, as files."""

from whybench.leaderboard.sensitivity import Curve, Sensitivity
from whybench.leaderboard.view import View
from whybench.plots.contested import contested, draw_order, draw_pair, order_found, pair_found
from whybench.plots.labels import label
from whybench.plots.style import figure_of
from whybench.report.drawing import drawn
from whybench.report.folder import Folder
from whybench.report.pictures import Picture


def specification_pictures(view: View, folder: Folder) -> list[Picture]:
    """Two figures for each metric under several specifications: all pairs of methods, and the most contested one."""
    pictures = []
    for curve in view.board.specification_curves:
        if curve.of.block == view.block and curve.rows:
            pictures.append(_matrix(view, folder, curve))
            pictures.append(_curve(view, folder, curve, contested(curve)))
    return pictures


def _matrix(view: View, folder: Folder, curve: Curve) -> Picture:
    return drawn(
        figure_of(draw_order(curve)),
        folder,
        *("sensitivity", *view.block[1:], curve.of.metric),
        alt=f"{curve.of.metric}, {view.title}: {order_found(curve)}.",
        caption=f"In how many per cent of the specifications of {curve.of.metric} the mean of the row's method is "
        "better than that of the column's. Framed: each is ahead with a 95 % interval off zero under some of them.",
        wide=len(curve.names) > 8,
    )


def _curve(view: View, folder: Folder, curve: Curve, pair: Sensitivity) -> Picture:
    return drawn(
        figure_of(draw_pair(curve, pair)),
        folder,
        *("specifications", *view.block[1:], curve.of.metric),
        alt=f"{curve.of.metric}, {view.title}: {pair_found(pair)}.",
        caption=f"The most contested pair under every specification of {curve.of.metric}, in rising order: mean of the "
        "paired differences over samples, in their standard deviations, with its 95 % interval; above zero "
        f"{label(pair.method_a, 40)} is ahead. Below: the choices that each stands for.",
    )
