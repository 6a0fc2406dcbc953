"""Passes needed and done of a block's methods, or of its metrics, and what is found in them."""

from collections.abc import Sequence
from itertools import groupby
from typing import Literal

from whybench.leaderboard.contest import Block
from whybench.leaderboard.expenses import Expense
from whybench.leaderboard.variants import Variant
from whybench.leaderboard.view import View
from whybench.plots.passes import Load
from whybench.statistics import mean, mean_of_known

What = Literal["methods", "metrics"]

CLOSE = 1.001
"""Passes done over passes needed up to which no pass is called too many."""


def loads(view: View, what: What) -> list[Load]:
    """The methods of a block, or its metrics (the mean over the methods)."""
    here = [row for row in view.board.expenses if Block(*row[:3]) == view.block]
    if what == "methods":
        rows = [row for row in here if not row.metric]
        return [_load(view.method_names[Variant(row.method, row.method_parameters)], [row]) for row in rows]
    cells = sorted((row for row in here if row.metric), key=_metric)
    return [_load(view.metric_names[metric], list(same)) for metric, same in groupby(cells, key=_metric)]


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


def finding(what: What, loads: Sequence[Load]) -> str:
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
