"""A board at a glance: methods in rows, models in columns."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean

from whybench.leaderboard.contest import Block, Contest
from whybench.leaderboard.expenses import Expense
from whybench.leaderboard.family import arrow, cell, label
from whybench.leaderboard.names import Names
from whybench.leaderboard.notes import flagged, varied
from whybench.leaderboard.table import Table
from whybench.leaderboard.variants import Variant, labels

CONTROL = " (control)"


def summary_tables(family: str, contests: Sequence[Contest], named: tuple[Names, Names]) -> tuple[Table, ...]:
    """The family's headline metric, or each of its metrics where it has none, a table each.

    Methods are in the order of their mean rank over the models, those without a rank after them by name.
    """
    methods, metrics = named
    headlines = {label(c, metrics) for c in contests if c.headline}
    shown = sorted(headlines or {label(c, metrics) for c in contests})
    tables = []
    for name in shown:
        here = [c for c in contests if label(c, metrics) == name]
        notes = (*varied(here, metrics), *flagged(here, methods, metrics))
        tables.append(_table(f"{family}: {name} {arrow(name, here, metrics)}", here, methods, notes))
    return tuple(tables)


def timing_summary(rows: Iterable[Expense]) -> Table:
    """Samples forward + backward, CPU milliseconds, and multiples of one bare forward pass, a sample each."""
    methods = [row for row in rows if not row.metric]
    blocks = sorted({Block(*row[:3]) for row in methods})
    named = _rows(
        {
            (block, variant): name
            for block in blocks
            for variant, name in labels(_variant(row) for row in methods if Block(*row[:3]) == block).items()
        }
    )
    costs = {(Block(*row[:3]), named[Block(*row[:3]), _variant(row)]): _cost(row) for row in methods}
    lines = tuple((name, *(costs.get((block, name), "") for block in blocks)) for name in sorted(set(named.values())))
    note = "A sample explained: samples through the model forward + backward, CPU ms, multiple of one bare forward."
    return Table("timing", ("method", *_headers(blocks)), lines, (note,))


def _table(title: str, here: Sequence[Contest], methods: Names, notes: tuple[str, ...]) -> Table:
    contests = {c.block: c for c in here}
    blocks = sorted(contests)
    named = _rows(methods)
    found = {(block, named[block, entry.method]): entry for block, c in contests.items() for entry in c.entries}
    standing: dict[str, list[float]] = {name: [] for _, name in found}
    for (block, name), entry in found.items():
        place = contests[block].places.get(entry.method)
        if place is not None:
            standing[name].append(place.rank / len(contests[block].pool))
    order = sorted(standing, key=lambda name: (not standing[name], fmean(standing[name] or [0]), name))
    controls = {name for (_, name), entry in found.items() if entry.control}
    lines = []
    for name in order:
        entries = [found.get((block, name)) for block in blocks]
        cells = [cell(contests[b], e.method) if e else "" for b, e in zip(blocks, entries, strict=True)]
        lines.append((name + CONTROL * (name in controls), *cells))
    return Table(title, ("method", *_headers(blocks)), tuple(lines), notes)


def _rows(methods: Mapping[tuple[Block, Variant], str]) -> dict[tuple[Block, Variant], str]:
    """The row of a method in every block: where blocks call the same parameters differently, the longest label."""
    longest: dict[Variant, str] = {}
    for (_, variant), name in methods.items():
        longest[variant] = max(longest.get(variant, ""), name, key=len)
    return {(block, variant): longest[variant] for block, variant in methods}


def _headers(blocks: Sequence[Block]) -> list[str]:
    models = [block.model for block in blocks]
    return [b.model if models.count(b.model) == 1 else f"{b.model} on {b.dataset}" for b in blocks]


def _variant(row: Expense) -> Variant:
    return Variant(row.method, row.method_parameters)


def _cost(row: Expense) -> str:
    passes = f"{row.forward:.4g}+{row.backward:.4g}"
    times = "" if row.ratio is None else f" x{row.ratio:.3g}"
    return f"{passes}  {1e3 * row.cpu_seconds:.3g} ms{times}"
