"""Writing a report: a folder of pages that works from disk, with its tables and figures as files beside them."""

from pathlib import Path

from whybench.digests import json_digest
from whybench.environment import library_version
from whybench.leaderboard import Leaderboard
from whybench.registries import fill
from whybench.report.folder import open_folder
from whybench.report.links import (
    ABSENT,
    ACROSS,
    AGREEMENT,
    COST,
    CURVES,
    GALLERY,
    METHODS,
    METRICS,
    OVERVIEW,
    PROVENANCE,
    SPECIFICATIONS,
)
from whybench.report.origin import Origin
from whybench.report.pages import (
    absent,
    across,
    agreement,
    blocks,
    cards,
    cost,
    curves,
    gallery,
    overview,
    provenance,
    specifications,
)
from whybench.report.site import Place, Site
from whybench.store import Store

WRITERS = (
    gallery.write,
    curves.write,
    blocks.write,
    across.write,
    cost.write,
    agreement.write,
    specifications.write,
    absent.write,
    cards.write,
    provenance.write,
    overview.write,
)
"""In their order: a page links to another where that is there already, so the overview comes last."""


def write_report(store: Store, suite: str, to: Path) -> Path:
    """Write the report of a suite that was run to the folder `to`; returns the path of its index.html.

    Pages: index.html; blocks/, one a model on a dataset; samples/, one a method on it; and those of the navigation.
    Beside them: board.csv, .tex and .md; timing.csv and, after a timing run, profile.csv; sensitivity.csv where a
    metric is there under several specifications; tables/ and figures/, the files of each table and figure. The same
    store gives the same bytes, and a report that is there already is not made again. Raises NotWritable where that is
    so of `to`.
    """
    fill()
    folder, index = open_folder(to), to / OVERVIEW
    made_from = json_digest([store.fingerprint(suite), library_version("whybench")])
    if folder.holds(made_from):
        return index
    of = Origin(store, suite, Leaderboard(store.records(suite), store.explanation_records(suite)))
    site = Site(folder, suite, navigation(of), of.commands)
    for write in WRITERS:
        write(site, of)
    folder.finished(made_from)
    return index


def navigation(of: Origin) -> list[Place]:
    """What every page links to."""
    over_blocks = any(f.pool and len(f.blocks) > 1 for f in of.board.fields)
    specified = any(len(curve.names) > 1 for curve in of.board.specification_curves)
    return [
        Place(OVERVIEW, "Overview"),
        *([Place(ACROSS, "Over blocks")] if over_blocks else []),
        Place(CURVES, "Curves"),
        Place(GALLERY, "Explanations"),
        Place(COST, "Cost"),
        Place(AGREEMENT, "Agreement"),
        *([Place(SPECIFICATIONS, "Specifications")] if specified else []),
        Place(ABSENT, "Did not run"),
        Place(METHODS, "Methods"),
        Place(METRICS, "Metrics"),
        Place(PROVENANCE, "Provenance"),
    ]
