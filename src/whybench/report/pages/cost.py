"""The page of costs: seconds, passes needed and done, memory, and quality against them."""

from typing import Literal

from whybench.leaderboard.timing import method_timing, metric_timing
from whybench.report.charts import cost_picture
from whybench.report.links import COST
from whybench.report.origin import Origin
from whybench.report.passes import passes_pictures
from whybench.report.pictures import Download, Group
from whybench.report.sheets import Sheet, Sheets, csv
from whybench.report.site import Page, Site
from whybench.timing import block_timings, profile_table

UNITS: dict[Literal["seconds", "passes"], str] = {"seconds": "wall milliseconds", "passes": "passes through the model"}


def write(site: Site, of: Origin) -> None:
    """cost.html."""
    sheets = Sheets(site.folder, of.controls)
    pages = {v.title: of.links.block(v.block) for v in of.views}
    drawn = [[cost_picture(v, of.pace(v), site.folder), *passes_pictures(v, site.folder)] for v in of.views]
    content = {
        "groups": [
            Group(v.title, [p for p in found if p]) for v, found in zip(of.views, drawn, strict=True) if any(found)
        ],
        "ranked": any(found[0] for found in drawn),
        "measured": _measured(of, sheets),
        "noted": _noted(of, sheets, pages),
        "files": _files(site, of),
        "fronts": _fronts(of, sheets, pages),
    }
    site.write(Page(COST, "Cost", "cost.html.j2"), content)


def _files(site: Site, of: Origin) -> list[Download]:
    """All that is known of costs, over all blocks."""
    frames = {"timing.csv": of.timing} | ({} if of.profile.empty else {"profile.csv": of.profile})
    root = site.folder.root
    return [Download(site.folder.text(root / name, csv(frame)), name) for name, frame in frames.items()]


def _measured(of: Origin, sheets: Sheets) -> list[Sheet]:
    """The published profile of each block that a timing run measured."""
    made = []
    for b in block_timings(of.store, of.suite):
        here = of.profile[(of.profile["dataset"] == b.dataset) & (of.profile["model"] == b.model)]
        name = f"profile {b.dataset} {b.model}"
        made.append(sheets.make(profile_table(b), name, f"Measured timing profile: {b.model} on {b.dataset}", here))
    return made


def _noted(of: Origin, sheets: Sheets, pages: dict[str, str]) -> list[Sheet]:
    """What the run itself noted, of methods and of metrics."""
    return [
        sheets.make(
            table,
            table.title,
            f"Cost a sample ({table.title}), as the run noted it: passes are exact, seconds indicative",
            blocks=pages,
        )
        for table in (method_timing(of.board.expenses), metric_timing(of.board.expenses))
        if table.rows
    ]


def _fronts(of: Origin, sheets: Sheets, pages: dict[str, str]) -> list[Sheet]:
    """Who is on the Pareto front by the headline metric of each family that has one, by seconds and by passes."""
    headlines = {c.family for c in of.board.contests if c.headline}
    made = []
    for cost, unit in UNITS.items():
        for family in (f for f in of.board.families if f in headlines):
            table = of.board.front_table(family, cost)
            if table.rows:
                caption = f"{table.title}: {unit} an explained sample, cheapest first"
                made.append(sheets.make(table, f"front {cost} {family}", caption, blocks=pages))
    return made
