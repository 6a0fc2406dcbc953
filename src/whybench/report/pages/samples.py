"""The pages of single methods in a block: what every sample says."""

from collections.abc import Collection

from whybench.leaderboard.variants import Variant
from whybench.leaderboard.view import View
from whybench.plots.labels import label
from whybench.report.origin import Origin
from whybench.report.samples.files import score_files
from whybench.report.samples.findings import findings
from whybench.report.samples.rows import numbered, rows
from whybench.report.samples.scores import SampleScores
from whybench.report.samples.strips import Drawn, Strips
from whybench.report.site import Page, Site


def write(site: Site, of: Origin, strips: Strips, method: Variant, pictured: Collection[str]) -> Drawn:
    """samples/<block>/<method>.html, for which one explanation is read; returns what was drawn.

    pictured: the samples that the block's gallery shows.
    """
    samples, view = strips.samples, strips.samples.view
    explained = samples.explained(method)
    drawn = strips.drawn(method, explained, of.links.methods[view.block, method])
    scores = SampleScores(view, method)
    cells, reasons = numbered(scores.columns, samples.shown)
    address, name = of.links.samples(view.block, method), view.method_names[method]
    made = rows(samples, strips, method, explained, drawn, cells)
    content = {
        "view": view,
        "method": method,
        "name": name,
        "control": method in view.controls,
        "block": of.links.block(view.block),
        "gallery": of.links.gallery(view.block),
        "pictured": pictured if drawn.maps is not None else (),
        "scores": scores,
        "rows": made,
        "told": any(row.label for row in made),
        "explained": any(row.explained != row.label for row in made),
        "reasons": reasons,
        "findings": findings(scores.columns, samples),
        "drawn": drawn,
        "strips": strips,
        "samples": samples,
        "neighbours": [(view.method_names[m], of.links.samples(view.block, m)) for m in _neighbours(view, method)],
        "files": score_files(
            site.folder,
            address.removesuffix(".html"),
            f"{name} on {view.title}, sample by sample",
            scores.columns,
            made,
            samples,
        ),
    }
    site.write(Page(address, f"{label(name)}, {view.title}", "samples.html.j2"), content)
    return drawn


def _neighbours(view: View, method: Variant) -> list[Variant]:
    """The methods before and behind this one in the order of the block."""
    place = view.methods.index(method)
    return [*view.methods[max(0, place - 1) : place], *view.methods[place + 1 : place + 2]]
