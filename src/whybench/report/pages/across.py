"""The page of several blocks: mean ranks, who wins where, and critical-difference diagrams."""

import pandas as pd

from whybench.errors import MissingExtra
from whybench.leaderboard.blocks import across_table, win_table
from whybench.leaderboard.field import Field
from whybench.plots import critical_difference
from whybench.plots.style import figure_of
from whybench.report.drawing import drawn
from whybench.report.links import ACROSS
from whybench.report.origin import Origin
from whybench.report.pictures import Picture
from whybench.report.sheets import Sheet, Sheets
from whybench.report.site import Page, Site


def write(site: Site, of: Origin) -> None:
    """across.html, where there are several blocks to rank over."""
    fields = [f for f in of.board.fields if f.pool and len(f.blocks) > 1]
    if not fields:
        return
    sheets = Sheets(site.folder, of.controls)
    ranks, duels = of.board.across_blocks(), of.board.duels()
    families: dict[str, list[tuple[str, list[Sheet], list[Picture]]]] = {}
    for f in fields:
        made = [_ranks(f, sheets, ranks), _wins(f, sheets, duels)]
        families.setdefault(f.family, []).append((f.metric, made, _diagram(f, site)))
    site.write(Page(ACROSS, "Over blocks", "across.html.j2"), {"families": families})


def _ranks(f: Field, sheets: Sheets, rows: pd.DataFrame) -> Sheet:
    table = across_table(f)
    caption = f"{table.title}: places, with blocks as the unit"
    return sheets.make(table, f"across {f.family} {f.metric}", caption, _of(f, rows))


def _wins(f: Field, sheets: Sheets, rows: pd.DataFrame) -> Sheet:
    table = win_table(f)
    return sheets.make(table, f"wins {f.family} {f.metric}", f"{table.title}: row against column", _of(f, rows))


def _of(f: Field, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of one field, without its kind and family; the metric is named, since a file's name may cut it off."""
    place = {"kind": f.kind, "family": f.family, "metric": f.metric}
    return rows[(rows[list(place)] == list(place.values())).all(axis=1)].drop(columns=["kind", "family"])


def _diagram(f: Field, site: Site) -> list[Picture]:
    """The critical-difference diagram of a headline metric, where scikit-posthocs is installed."""
    if not f.headline or len(f.pool) < 2:
        return []
    apart = int(f.pairs.separated.sum()) // 2
    pairs = len(f.pool) * (len(f.pool) - 1) // 2
    said = f"{f.metric} over {len(f.blocks)} blocks: {apart} of {pairs} pairs of methods are separated at 5 %"
    try:
        ax = critical_difference(f.pool, f.mean_ranks, f.pairs.p, said)
    except MissingExtra:
        return []
    caption = "Mean ranks, best left; a bar joins methods of which no pair is separated (signed-rank tests, Holm)."
    return [
        drawn(figure_of(ax), site.folder, "critical difference", f.family, f.metric, alt=f"{said}.", caption=caption)
    ]
