"""The page of provenance: what was run, with what, and the command that remakes it."""

from whybench.leaderboard import Table
from whybench.report.links import PROVENANCE
from whybench.report.origin import Origin
from whybench.report.provenance import Fact, facts
from whybench.report.sheets import Sheets
from whybench.report.site import Page, Site


def write(site: Site, of: Origin) -> None:
    """provenance.html."""
    found = facts(of.board, of.views, of.suite, of.store.last_run(of.suite))
    rows = tuple(
        (view.title, bench, str(len(ids)))
        for view in of.views
        for bench, ids in sorted(
            {(e.bench, e.sample_ids) for m in view.methods for e in view.explanations(m) if e.bench and e.sample_ids}
        )
    )
    benches = Table("benches", ("block", "sha256 of model and samples", "samples"), rows)
    content = {
        "facts": [*found, Fact("digest of the records", of.store.fingerprint(of.suite))],
        "benches": Sheets(site.folder, of.controls).make(
            benches, "benches", "What was explained: everything that can change an answer is in the digest", prose=True
        )
        if rows
        else None,
    }
    site.write(Page(PROVENANCE, "Provenance", "provenance.html.j2"), content)
