"""The page of failures and of unsupported pairs, with their reasons."""

from whybench.report.absent import absent_table
from whybench.report.links import ABSENT
from whybench.report.origin import Origin
from whybench.report.sheets import Sheets
from whybench.report.site import Page, Site


def write(site: Site, of: Origin) -> None:
    """absent.html."""
    sheets, table = Sheets(site.folder, of.controls), absent_table(of.views)
    cells = [e.status for c in of.board.contests for e in c.entries]
    content = {
        "cells": len(cells),
        "failed": cells.count("failed"),
        "unsupported": cells.count("unsupported"),
        "absent": sheets.make(table, "absent", "Pairs that did not run", prose=True) if table.rows else None,
    }
    site.write(Page(ABSENT, "Did not run", "absent.html.j2"), content)
