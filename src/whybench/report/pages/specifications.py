"""The page of specification curves: what turns with the choices of whoever measured."""

from whybench.report.links import SPECIFICATIONS
from whybench.report.origin import Origin
from whybench.report.pictures import Download, Group
from whybench.report.sheets import csv, records
from whybench.report.site import Page, Site
from whybench.report.specifications import specification_pictures


def write(site: Site, of: Origin) -> None:
    """specifications.html, where a metric is there under several specifications."""
    folder, rows = site.folder, of.board.sensitivity()
    groups = [Group(v.title, found) for v in of.views if (found := specification_pictures(v, folder))]
    if not groups:
        return
    files = [
        Download(folder.text(folder.root / "sensitivity.csv", csv(rows)), "CSV of all pairs of methods"),
        Download(folder.text(folder.root / "sensitivity.json", records(rows)), "JSON of all pairs of methods"),
    ]
    content = {"groups": groups, "files": files}
    site.write(Page(SPECIFICATIONS, "Specification curves", "specifications.html.j2"), content)
