"""What is missing before the first two are told apart, in words."""

from collections.abc import Sequence

from whybench.leaderboard.separation import FEWEST, POWER, Separation

MOST = 6
"""Columns of which each is spoken of; of more only their number."""


def missing(rows: Sequence[Separation]) -> list[str]:
    """A sentence a level: how many more samples, and how many more blocks, would separate the first two.

    Of each family by its headline metric, or by its first where it has none.
    """
    leads = _leads(rows)
    samples = [row for row in leads if row.level == "samples"]
    blocks = [row for row in leads if row.level == "blocks"]
    return [*_level("samples", samples), *_level("blocks", blocks)]


def _leads(rows: Sequence[Separation]) -> list[Separation]:
    """The headline rows of each family, or its first row where it has no headline."""
    kept = []
    for place in dict.fromkeys(_place(row) for row in rows):
        same = [row for row in rows if _place(row) == place]
        kept += [row for row in same if row.headline] or same[:1]
    return kept


def _place(row: Separation) -> tuple[str, ...]:
    return row.level, row.dataset, row.model, row.family


def _level(unit: str, rows: Sequence[Separation]) -> list[str]:
    if len(rows) <= MOST:
        return [_line(unit, rows)] if rows else []
    apart = sum(row.separated for row in rows)
    return [
        f"With {unit} as the unit, the first two are separated in {apart} of {len(rows)} leading columns; "
        f"separation() says how many more {unit} the others need."
    ]


def _line(unit: str, rows: Sequence[Separation]) -> str:
    return (
        f"With {unit} as the unit, the first two would be separated as follows (an estimate that takes the paired "
        f"differences observed for those to come: power {POWER:.0%}, 5 % shared by all pairs of the pool): "
        f"{'; '.join(_said(row) for row in rows)}."
    )


def _said(row: Separation) -> str:
    place = f"{row.model} on {row.dataset}, " if row.model else ""
    return f"{place}{row.metric}, {row.first} and {row.second}: {_need(row)}"


def _need(row: Separation) -> str:
    if row.separated:
        return f"they are, by the {row.have} {row.level} at hand"
    if row.have < FEWEST:
        return f"{row.have} {row.level} are too few to estimate from"
    if row.needed is None:
        return f"no number of {row.level} would do, the ranks of the differences do not favour the first"
    low, high = _rounded(row.low), "any number" if row.high is None else _rounded(row.high)
    return f"about {_rounded(row.needed)} {row.level}, {_rounded(row.more)} more ({low} to {high} by the interval)"


def _rounded(units: int | None) -> str:
    """To two digits, which is more than an estimate holds."""
    return "?" if units is None else f"{round(units, 2 - len(str(units))):,}".replace(",", " ")
