"""The timing profile: passes needed and done, seconds and memory of methods and of metrics."""

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from operator import itemgetter

from whybench.leaderboard.expenses import Expense
from whybench.leaderboard.figures import number
from whybench.leaderboard.table import Table
from whybench.leaderboard.variants import Variant, labels
from whybench.statistics import mean_of_known

COSTS = ("needed", "done", "wall ms", "CPU ms", "peak MB", "x bare forward", "x its passes")
NOTES = (
    "Needed: samples through the model, forward + backward, that the definition asks for; done: those counted. Less is "
    "done than needed where passes are shared or equal inputs are asked once. — where a definition does not say.",
    "Wall and CPU milliseconds; peak memory above that before; wall seconds as multiples of one bare forward pass of "
    "the same samples, and of as many bare passes as were done.",
)


def method_timing(rows: Iterable[Expense]) -> Table:
    """What explaining one sample costs."""
    methods = [row for row in rows if not row.metric]
    named = _named(methods, lambda row: Variant(row.method, row.method_parameters))
    learned = any(row.learning is not None for row in methods)
    return Table(
        "timing",
        ("dataset", "model", "method", *COSTS, *(["learning s"] if learned else [])),
        tuple(
            (row.dataset, row.model, named[row], *_costs([row]), *([number(row.learning)] if learned else []))
            for row in methods
        ),
        (
            "A sample explained.",
            *NOTES,
            *(["Learning: wall seconds, once a model, before any sample is explained."] if learned else []),
        ),
    )


def metric_timing(rows: Iterable[Expense]) -> Table:
    """What judging one explanation costs, a sample, the mean over the methods that were judged."""
    cells = sorted((row for row in rows if row.metric), key=_metric)
    named = _named(cells, lambda row: Variant(row.metric, row.metric_parameters))
    judged = [list(same) for _, same in groupby(cells, key=_metric)]
    return Table(
        "timing of metrics",
        ("dataset", "model", "metric", *COSTS, "methods"),
        tuple((same[0].dataset, same[0].model, named[same[0]], *_costs(same), str(len(same))) for same in judged),
        ("A sample judged, the explanation itself not counted: the mean over methods, memory the most.", *NOTES),
    )


_metric = itemgetter(0, 1, 2, 5, 6)


def _named(rows: Sequence[Expense], variant: Callable[[Expense], Variant]) -> dict[Expense, str]:
    """What each row is called within its block: the name, with what parts it from others of that name."""
    named = {}
    for _, same in groupby(sorted(rows, key=itemgetter(0, 1, 2)), key=itemgetter(0, 1, 2)):
        block = list(same)
        called = labels({variant(row) for row in block})
        named.update({row: called[variant(row)] for row in block})
    return named


def _costs(rows: Sequence[Expense]) -> tuple[str, ...]:
    """The columns `COSTS` of one row, or the mean of several."""

    def average(values: Iterable[float | None]) -> str:
        return number(mean_of_known(values))

    def passes(forward: Iterable[float | None], backward: Iterable[float | None]) -> str:
        shown = average(forward), average(backward)
        return shown[0] if shown[0] == shown[1] == number(None) else " + ".join(shown)

    peaks = [row.peak_bytes for row in rows if row.peak_bytes is not None]
    return (
        passes((row.needed_forward for row in rows), (row.needed_backward for row in rows)),
        passes((row.forward for row in rows), (row.backward for row in rows)),
        average(1e3 * row.wall_seconds for row in rows),
        average(1e3 * row.cpu_seconds for row in rows),
        number(max(peaks) / 1e6 if peaks else None),
        average(row.ratio for row in rows),
        average(row.overhead for row in rows),
    )
