"""Every plot draws into the axes that it is given, returns them, and leaves pyplot alone."""

import inspect
from collections.abc import Callable

import numpy as np
import pytest
import torch
from hand_made import board
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from whybench import plots
from whybench.plots import (
    BoardPlots,
    Column,
    Load,
    MeanCurve,
    Point,
    Scored,
    Specified,
    agreement_matrix,
    ahead_matrix,
    column_relevance,
    critical_difference,
    draw_curves,
    gallery,
    mean_scores,
    passes_needed_and_done,
    places_matrix,
    quality_against_cost,
    specification_curve,
)
from whybench.plots.style import figure_of

GRID = np.array([0.0, 0.5, 1.0])
BOARD = board()

PLAIN: dict[str, Callable[[Axes | None], Axes]] = {
    "agreement_matrix": lambda ax: agreement_matrix(["a", "b"], {("a", "b"): 0.5}, ax=ax),
    "ahead_matrix": lambda ax: ahead_matrix(["a", "b"], {("a", "b"): 0.5}, ax=ax),
    "column_relevance": lambda ax: column_relevance(np.ones((2, 2)), ("age", "height"), [1, 0], ax=ax),
    "critical_difference": lambda ax: critical_difference(["a", "b"], [1.0, 2.0], np.ones((2, 2)), ax=ax),
    "draw_curves": lambda ax: draw_curves([MeanCurve("a", False, GRID, GRID, None, None, 1)], "x", "y", ax=ax),
    "gallery": lambda ax: gallery(np.zeros((1, 8, 8)), ["one"], [Column("a", [torch.ones(8, 8)])], ax=ax),
    "mean_scores": lambda ax: mean_scores([Scored("a", False, 0.5, 0.4, 0.6)], "srg", ax=ax),
    "passes_needed_and_done": lambda ax: passes_needed_and_done([Load("a", 1, 2, 3.0)], "methods", ax=ax),
    "places_matrix": lambda ax: places_matrix(["a"], ["srg"], {("a", "srg"): 1}, {"srg": 1}, ax=ax),
    "quality_against_cost": lambda ax: quality_against_cost([Point("a", False, 0.1, 0.5, 0.4, 0.6)], "srg", ax=ax),
    "specification_curve": lambda ax: specification_curve([Specified({"steps": 8}, 0.1, 0.0, 0.2)], "effect", ax=ax),
}
OF_BOARDS: dict[str, Callable[[Axes | None], Axes]] = {
    "__call__": lambda ax: BOARD.plot(ax=ax),
    "agreement": lambda ax: BOARD.plot.agreement(ax=ax),
    "ahead": lambda ax: BOARD.plot.ahead(ax=ax),
    "cost": lambda ax: BOARD.plot.cost(ax=ax),
    "critical_difference": lambda ax: BOARD.plot.critical_difference(ax=ax),
    "curves": lambda ax: BOARD.plot.curves(ax=ax),
    "passes": lambda ax: BOARD.plot.passes(ax=ax),
    "profile": lambda ax: BOARD.plot.profile(ax=ax),
    "scores": lambda ax: BOARD.plot.scores(ax=ax),
    "specifications": lambda ax: BOARD.plot.specifications(ax=ax),
}
ALL = PLAIN | OF_BOARDS


def takes_axes(function: Callable[..., object]) -> bool:
    signature = inspect.signature(function)
    return signature.return_annotation is Axes and signature.parameters["ax"].default is None


def test_every_plot_is_listed_here_and_takes_axes() -> None:
    functions = {name: f for name in plots.__all__ if inspect.isfunction(f := getattr(plots, name))}
    drawing = {name for name, f in functions.items() if inspect.signature(f).return_annotation is Axes}
    assert drawing == set(PLAIN)
    methods = {n: f for n, f in vars(BoardPlots).items() if inspect.isfunction(f) and (n[0] != "_" or n == "__call__")}
    assert set(methods) == set(OF_BOARDS)
    assert [n for n, f in {**{n: functions[n] for n in drawing}, **methods}.items() if not takes_axes(f)] == []


@pytest.mark.parametrize("name", ALL)
def test_given_axes_are_drawn_into_and_returned(name: str) -> None:
    if name == "critical_difference":
        pytest.importorskip("scikit_posthocs")
    figure = Figure()
    left, right = figure.subplots(1, 2)
    empty = len(right.get_children())
    assert ALL[name](right) is right
    assert figure.axes == [left, right]
    assert len(left.get_children()) == empty
    assert len(right.get_children()) > empty or right.get_legend() is not None or right.child_axes
    assert pyplot.get_fignums() == []


def test_a_title_is_no_wider_than_the_axes_given() -> None:
    left, right = Figure(figsize=(9, 3)).subplots(1, 2)
    for name in ("scores", "cost"):
        figure_of(OF_BOARDS[name](left)).canvas.draw()
        assert left.title.get_text() == ""
        title = left._left_title  # type: ignore[attr-defined]  # there is no public way to it
        assert "ahead of every control" in title.get_text().replace("\n", " ")
        assert title.get_window_extent().x1 < right.get_window_extent().x0


@pytest.mark.parametrize("name", ALL)
def test_without_axes_a_figure_is_made_that_pyplot_does_not_know(name: str) -> None:
    if name == "critical_difference":
        pytest.importorskip("scikit_posthocs")
    ax = ALL[name](None)
    assert ax in figure_of(ax).axes
    assert pyplot.get_fignums() == []
    figure_of(ax).canvas.draw()
