"""Explanations side by side, block by block, and the pages of single methods that they lead to."""

from collections.abc import Mapping
from dataclasses import dataclass

from whybench.leaderboard.variants import Variant
from whybench.leaderboard.view import View
from whybench.report.links import GALLERY
from whybench.report.maps import column_picture
from whybench.report.origin import Origin
from whybench.report.pages import samples
from whybench.report.pictures import Picture
from whybench.report.samples.bands import Band, bands
from whybench.report.samples.kept import Samples
from whybench.report.samples.strips import Drawn, Strips
from whybench.report.side_by_side import gallery_picture
from whybench.report.site import Page, Site

SAMPLES = 6
"""Rows of a gallery."""
FIRST = 2
"""Rows that the page of all blocks shows of each."""


@dataclass(frozen=True)
class Preview:
    """A block on the page of all blocks; band: some of its maps, None where nothing can be drawn."""

    title: str
    address: str
    band: Band | None
    lead: str


def write(site: Site, of: Origin) -> None:
    """samples/, gallery/ and gallery.html; explanations are read one at a time, drawn, and let go."""
    previews = [_block(site, of, view) for view in of.views]
    site.write(Page(GALLERY, "Explanations", "gallery.html.j2"), {"previews": previews})


def _block(site: Site, of: Origin, view: View) -> Preview:
    strips = Strips(Samples(of.store, view), site.folder, of.links.blocks[view.block])
    pictured = strips.samples.shown[:SAMPLES]
    drawn = {m: samples.write(site, of, strips, m, pictured) for m in view.methods}
    pages = {m: of.links.samples(view.block, m) for m in view.methods}
    made = bands(strips, drawn, pages, pictured)
    lead = view.metric_names[view.lead.metric] if view.lead else ""
    content = {
        "view": view,
        "block": of.links.block(view.block),
        "bands": made,
        "strips": strips,
        "lead": lead,
        "count": sum(len(band.heads) for band in made),
        "undrawn": _undrawn(view, drawn),
        "figure": gallery_picture(strips, drawn, made),
        "pictures": _columns(site, strips, view),
    }
    address = site.write(
        Page(of.links.gallery(view.block), f"Explanations, {view.title}", "gallery_block.html.j2"), content
    )
    first = bands(strips, drawn, pages, pictured[:FIRST])
    return Preview(view.title, address, first[0] if first else None, lead)


def _undrawn(view: View, drawn: Mapping[Variant, Drawn]) -> list[tuple[str, str]]:
    """The methods without maps, with the reason."""
    return [(view.method_names[m], made.reason) for m, made in drawn.items() if made.maps is None]


def _columns(site: Site, strips: Strips, view: View) -> list[Picture]:
    found = column_picture(strips.samples, view, site.folder)
    return [found] if found else []
