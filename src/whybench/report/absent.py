"""The pairs that did not run, and why."""

from collections.abc import Sequence
from dataclasses import dataclass

from whybench.leaderboard import Table
from whybench.leaderboard.view import View
from whybench.plots.labels import listed

MOST = 40
"""Names listed before the rest are counted."""


@dataclass(frozen=True)
class Absent:
    """Cells of one block with one status and one reason."""

    place: str
    status: str
    reason: str
    methods: str
    metrics: str
    cells: int


def absent(view: View) -> list[Absent]:
    """What did not run in a block, failures first, each reason once."""
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for contest in view.contests:
        for entry in contest.entries:
            if entry.status != "ok":
                pair = (view.method_names[entry.method], view.metric_names[contest.metric])
                found.setdefault((entry.status, entry.reason), []).append(pair)
    return [
        Absent(
            place=view.title,
            status=status,
            reason=reason,
            methods=listed(sorted({method for method, _ in pairs}), most=MOST),
            metrics=listed(sorted({metric for _, metric in pairs}), most=MOST),
            cells=len(pairs),
        )
        for (status, reason), pairs in sorted(found.items())
    ]


def absent_table(views: Sequence[View]) -> Table:
    """What did not run in some blocks, as rows of text."""
    rows = tuple(
        (a.place, a.status, str(a.cells), a.methods, a.metrics, a.reason) for view in views for a in absent(view)
    )
    return Table("pairs that did not run", ("block", "status", "cells", "methods", "metrics", "reason"), rows)
