"""Passes needed and done, as files."""

from collections.abc import Sequence
from itertools import groupby
from textwrap import fill

from whybench.leaderboard.contest import Block
from whybench.leaderboard.expenses import Expense
from whybench.leaderboard.variants import Variant
from whybench.plots import Load, passes_needed_and_done, save
from whybench.plots.style import figure_of
from whybench.report.folder import Folder
from whybench.report.pictures import Picture
from whybench.report.view import View
from whybench.statistics import mean, mean_of_known

CLOSE = 1.001
"""Passes done over passes needed up to which no pass is called too many."""


def passes_pictures(view: View, folder: Folder) -> list[Picture]:
    """The methods of a block, and its metrics (the mean over the methods), each as a figure; none without passes."""
    here = [row for row in view.board.expenses if Block(*row[:3]) == view.block]
    methods = [row for row in here if not row.metric]
    cells = sorted((row for row in here if row.metric), key=_metric)
    loads = {
        "methods": [_load(view.method_names[Variant(row.method, row.method_parameters)], [row]) for row in methods],
        "metrics": [_load(view.metric_names[metric], list(same)) for metric, same in groupby(cells, key=_metric)],
    }
    return [_picture(view, folder, what, found) for what, found in loads.items() if any(load.done for load in found)]


def _metric(row: Expense) -> Variant:
    return Variant(row.metric, row.metric_parameters)


def _load(name: str, rows: Sequence[Expense]) -> Load:
    needed = [row.needed_forward + (row.needed_backward or 0) for row in rows if row.needed_forward is not None]
    return Load(
        name,
        mean(needed) if len(needed) == len(rows) else None,
        mean([row.forward + row.backward for row in rows]),
        mean_of_known(row.ratio for row in rows),
    )


def _picture(view: View, folder: Folder, what: str, loads: Sequence[Load]) -> Picture:
    said = finding(what, loads)
    ax = passes_needed_and_done(loads, what, fill(f"{view.title}: {said}", 100))
    path = folder.file("figures", "passes", what, view.block.dataset, view.block.model, ending="svg")
    save(figure_of(ax), path)
    return Picture(
        link=folder.link(path),
        alt=f"Passes needed and done, and time in bare forward passes, of {len(loads)} {what}, {view.title}. {said}.",
        caption=f"Samples through the model (forward and backward together) that a definition needs and that were "
        f"counted, and wall time in bare forward passes of the same samples, a sample: {what}, {view.title}. "
        + ("Metrics: the mean over the methods, without the explanation itself." if what == "metrics" else ""),
    )


def finding(what: str, loads: Sequence[Load]) -> str:
    """How many go through the model more often than their definition needs, and which does so the most.

    >>> finding("methods", [Load("a", 2, 2, None), Load("b", 2, 3, None), Load("c", None, 9, None)])
    '1 of 2 methods goes through the model more often than needed, b most: 1.5 times'
    """
    known = [(load.done / load.needed, load.name) for load in loads if load.needed]
    if not known:
        return f"no {what} say how many passes they need"
    over = [one for one in known if one[0] > CLOSE]
    if not over:
        return f"none of {len(known)} {what} goes through the model more often than needed"
    most, name = max(over)
    verb = "goes" if len(over) == 1 else "go"
    said = f"{len(over)} of {len(known)} {what} {verb} through the model more often than needed"
    return f"{said}, {name} most: {most:.3g} times"
