"""A page for each model on a dataset: its tables, family by family."""

from whybench.leaderboard.family import family_table
from whybench.leaderboard.gathering import family_order
from whybench.leaderboard.view import View
from whybench.plots.findings import finding
from whybench.report.absent import absent, absent_table
from whybench.report.origin import Origin
from whybench.report.overviews import lead_pictures
from whybench.report.sheets import Sheet, Sheets
from whybench.report.site import Page, Site
from whybench.report.wide import wide


def write(site: Site, of: Origin) -> None:
    """blocks/*.html, after the pages of methods, so that cells link to those that are there."""
    sheets = Sheets(site.folder, of.controls)
    for view in of.views:
        missing = absent_table([view])
        slug = of.links.blocks[view.block]
        content = {
            "view": view,
            "finding": finding(view.lead, view.method_names) if view.lead else "",
            "lead": view.metric_names[view.lead.metric] if view.lead else "",
            "pictures": lead_pictures(view, site.folder),
            "families": _families(site, of, view, sheets),
            "absent": sheets.make(missing, f"{slug} absent", "Pairs that did not run here", prose=True)
            if absent(view)
            else None,
            "others": [(v.title, of.links.block(v.block)) for v in of.views if v is not view],
        }
        site.write(Page(of.links.block(view.block), view.title, "block.html.j2"), content)


def _families(site: Site, of: Origin, view: View, sheets: Sheets) -> list[tuple[str, Sheet]]:
    pages = {name: site.known(of.links.samples(view.block, m)) for m, name in view.method_names.items()}
    made = []
    for family in sorted({c.family for c in view.contests}, key=family_order):
        table = family_table(family, view.contests)
        name = f"{of.links.blocks[view.block]} {family}"
        caption = f"{view.title}, {family}: mean over samples ± half of the 95 % interval, tie group"
        sheet = sheets.make(table, name, caption, wide(view, family), lambda _, method: pages.get(method))
        made.append((family, sheet))
    return made
