"""What explaining one sample costs, models in columns."""

from collections.abc import Collection, Sequence

from whybench.leaderboard import Table
from whybench.leaderboard.expenses import Expense
from whybench.leaderboard.figures import DASH
from whybench.leaderboard.variants import Variant
from whybench.leaderboard.view import View
from whybench.report.tables import CONTROL

NOTES = (
    "An explained sample: wall time in bare forward passes of the same model, and in brackets the samples sent through "
    "it, forward + backward. Counts are exact, seconds are those of the one run.",
)


def price_table(blocks: Sequence[View]) -> Table:
    """Each method's multiple of one bare forward pass, and its passes; the fewest passes first."""
    found: dict[str, dict[View, Expense]] = {}
    for view in blocks:
        for row in view.board.expenses:
            method = Variant(row.method, row.method_parameters)
            if not row.metric and row[:3] == view.block and method in view.method_names:
                name = view.method_names[method] + CONTROL * (method in view.controls)
                found.setdefault(name, {})[view] = row
    timed = [view for view in blocks if any(view in costs for costs in found.values())]
    order = sorted(found, key=lambda name: (_passes(found[name].values()), name))
    rows = tuple((name, *(_price(found[name].get(view)) for view in timed)) for name in order)
    return Table("cost", ("method", *(view.title for view in timed)), rows, NOTES)


def _passes(rows: Collection[Expense]) -> float:
    """The mean over blocks."""
    return sum(row.forward + row.backward for row in rows) / len(rows)


def _price(row: Expense | None) -> str:
    if row is None:
        return DASH
    times = DASH if row.ratio is None else f"{row.ratio:.3g}" if row.ratio < 1000 else f"{row.ratio:.0f}"
    return f"{times} ({row.forward:.4g} + {row.backward:.4g})"
