"""The page of curves behind the scores: what is removed or put back, and what is randomised layer by layer."""

from collections.abc import Sequence
from dataclasses import dataclass

from whybench.report.charts import curve_pictures
from whybench.report.links import CURVES, SPECIFICATIONS
from whybench.report.origin import Origin
from whybench.report.pictures import Picture
from whybench.report.site import Page, Site


@dataclass(frozen=True)
class Curves:
    """The figures of one block; anchor: where they stand on the page; block and gallery: the block's other pages."""

    title: str
    anchor: str
    block: str
    gallery: str
    pictures: Sequence[Picture]


def write(site: Site, of: Origin) -> None:
    """curves.html."""
    groups = [
        Curves(v.title, of.links.blocks[v.block], of.links.block(v.block), of.links.gallery(v.block), pictures)
        for v in of.views
        if (pictures := curve_pictures(v, site.folder))
    ]
    specified = any(place.address == SPECIFICATIONS for place in site.nav)
    site.write(Page(CURVES, "Curves", "curves.html.j2"), {"groups": groups, "specified": specified})
