"""Writing a report: one folder that works from disk, with its tables and figures as files beside the page."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from whybench.digests import json_digest
from whybench.environment import library_version
from whybench.leaderboard import Leaderboard
from whybench.leaderboard.markup import csv_table, markdown
from whybench.registries import fill
from whybench.report.absent import absent
from whybench.report.cards import method_cards, metric_cards
from whybench.report.charts import cost_picture, curve_pictures
from whybench.report.folder import Folder, open_folder
from whybench.report.maps import map_pictures
from whybench.report.pace import pace
from whybench.report.page import Download, Page, Sheet, render
from whybench.report.passes import passes_pictures
from whybench.report.pictures import Group
from whybench.report.provenance import commands, facts
from whybench.report.specifications import specification_pictures
from whybench.report.tables import cut
from whybench.report.view import views
from whybench.store import Store
from whybench.timing import block_timings, profile_table, timing_profile


def write_report(store: Store, suite: str, to: Path) -> Path:
    """Write the report of a suite that was run to the folder `to`; returns the path of its index.html.

    Beside the page: board.md, board.csv, timing.csv, after a timing run profile.csv, where a metric is there under
    several specifications sensitivity.csv, tables/ (each family as CSV and Markdown) and figures/. The same store gives
    the same bytes, and a report that is there already is not made again.
    Raises NotWritable where that is so of `to`.
    """
    fill()
    folder, index = open_folder(to), to / "index.html"
    made_from = json_digest([store.fingerprint(suite), library_version("whybench")])
    if folder.holds(made_from):
        return index
    board = Leaderboard(store.records(suite), store.explanation_records(suite))
    blocks, profile = views(board), timing_profile(store, suite)
    controls = sorted({e.method.name for c in board.contests for e in c.entries if e.control})
    page = Page(
        suite=suite,
        facts=facts(board, blocks, suite, store.last_run(suite)),
        commands=commands(board, blocks, suite, store.boards.asked(suite)),
        claim=board.claim().splitlines(),
        boards=_families(board, folder),
        files=[
            Download(folder.text(to / "board.md", board.to_markdown()), "all boards, Markdown"),
            Download(folder.text(to / "board.csv", board.to_csv()), "all boards, CSV"),
        ],
        curves=[Group(v.title, pictures) for v in blocks if (pictures := curve_pictures(v, folder))],
        specifications=[Group(v.title, pictures) for v in blocks if (pictures := specification_pictures(v, folder))],
        specification_files=_pairs(board, folder),
        costs=[picture for v in blocks if (picture := cost_picture(v, pace(v, profile), folder))],
        passes=[picture for v in blocks for picture in passes_pictures(v, folder)],
        timing=[*_measured(store, suite, profile, controls, folder), *_noted(board, controls, folder)],
        maps=[Group(v.title, pictures) for v in blocks if (pictures := map_pictures(store, v, folder))],
        absent=[group for v in blocks for group in absent(v)],
        methods=method_cards(board),
        metrics=metric_cards(board),
    )
    folder.text(index, render(page))
    folder.finished(made_from)
    return index


def _families(board: Leaderboard, folder: Folder) -> list[Sheet]:
    """Each family's table, with its rows as CSV and its text as Markdown."""
    everything, sheets = board.to_pandas(), []
    for family in board.families:
        table, rows = board.table(family), everything[everything["family"] == family]
        files = [
            Download(folder.text(folder.file("tables", family, ending="csv"), _csv(rows)), "CSV"),
            Download(folder.text(folder.file("tables", family, ending="md"), markdown(table)), "Markdown"),
        ]
        caption = f"Scores of the metric family {family}: mean over samples ± half of the 95 % interval"
        sheets.append(Sheet(caption, cut(table), files))
    return sheets


def _pairs(board: Leaderboard, folder: Folder) -> list[Download]:
    """Every pair of methods over the specifications of a metric, where there are several."""
    rows = board.sensitivity()
    if rows.empty:
        return []
    return [Download(folder.text(folder.root / "sensitivity.csv", _csv(rows)), "CSV of all pairs of methods")]


def _measured(store: Store, suite: str, profile: pd.DataFrame, controls: Sequence[str], folder: Folder) -> list[Sheet]:
    """The published profile of each block that a timing run measured."""
    blocks = block_timings(store, suite)
    if not blocks:
        return []
    files = [Download(folder.text(folder.root / "profile.csv", _csv(profile)), "CSV of all measured profiles")]
    return [
        Sheet(f"Measured timing profile: {b.model} on {b.dataset}", cut(profile_table(b), controls), files)
        for b in blocks
    ]


def _noted(board: Leaderboard, controls: Sequence[str], folder: Folder) -> list[Sheet]:
    """What the run itself noted."""
    files = [
        Download(folder.text(folder.root / "timing.csv", _csv(board.timing)), "CSV, with the cost of every metric")
    ]
    return [
        Sheet(f"Cost a sample ({table.title}), as the run noted it: passes are exact, seconds indicative", shown, files)
        for table in board.timing_tables()
        if (shown := cut(table, controls))
    ]


def _csv(frame: pd.DataFrame) -> str:
    """A frame as CSV, nothing for a missing value."""
    rows = frame.astype(object).where(frame.notna(), None)
    return csv_table(list(frame.columns), rows.itertuples(index=False, name=None))
