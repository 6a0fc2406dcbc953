"""What a verification found, written beside the manifest: as JSON, and as a page for people."""

import json
from dataclasses import replace
from pathlib import Path

from whybench.environment import environment
from whybench.errors import NotWritable
from whybench.leaderboard.markup import html_table, html_text
from whybench.leaderboard.table import Table
from whybench.leaderboard.variants import Variant, labels
from whybench.publishing.files import NOTES, read
from whybench.publishing.verdict import Verification

LARGEST = 2**26
"""Bytes of a note."""
REPRODUCED = {True: "yes", False: "no", None: "cannot be told"}

MEANING = (
    "claimed: no cell of the row was run again; reproduced in part, in full: some, or all, of its cells were, with "
    "the same scores; contradicted: a cell that was run again gave other scores. "
    "This page is what one verification noted. It is no part of what is published and proves nothing by itself: "
    "whybench verify makes it again."
)


def write_notes(folder: Path, found: Verification) -> None:
    """Write verification.json and verification.html; raises NotWritable where that is so of the folder."""
    try:
        facts = {**found.facts(), "environment": environment()}
        (folder / NOTES[0]).write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
        (folder / NOTES[1]).write_text(page(found), encoding="utf-8")
    except OSError as error:
        raise NotWritable(f"cannot write to {folder}: {error.strerror or error}") from error


def noted_levels(folder: Path, manifest: str) -> dict[str, int]:
    """How many rows a note puts at each level; empty where there is no note about this very publication."""
    try:
        found = json.loads(read(folder, NOTES[0], LARGEST))
        levels = found["levels"] if found["manifest"] == manifest else {}
        return {str(level): int(rows) for level, rows in levels.items()}
    except Exception:  # a note is no part of the publication: what cannot be read says nothing
        return {}


def page(found: Verification) -> str:
    """The note as one HTML page without any script."""
    tables = "".join(map(html_table, tables_of(found)))
    title = f"Verification of {found.suite}"
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    said = "everything that was checked agrees" if found.ok else "something does not agree"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n<title>{html_text(title)}</title>\n'
        "<style>body{font-family:sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}table{border-collapse:"
        "collapse;margin:1rem 0}th,td{border:1px solid #999;padding:.2rem .5rem;text-align:left}</style>\n</head>\n"
        f"<body>\n<h1>{html_text(title)}: {said}</h1>\n<p>{html_text(MEANING)}</p>\n"
        f"<p>Publication {html_text(found.manifest)}.</p>\n{tables}</body>\n</html>\n"
    )


def tables_of(found: Verification) -> list[Table]:
    """The checks, the rows of the boards with their levels, and the cells that were run again."""
    checks = tuple(
        (c.name, str(c.checked), "ok" if c.ok else "; ".join(c.problems), "; ".join(c.notes)) for c in found.checks
    )
    tables = [Table("Checks", ("check", "looked at", "result", "note"), checks)]
    named = labels(Variant(row.method, row.method_parameters) for row in found.rows)
    lines = tuple(
        (r.dataset, r.model, named[Variant(r.method, r.method_parameters)], f"{r.reproduced} of {r.cells}", r.level)
        for r in found.rows
    )
    tables.append(Table("Rows of the boards", ("dataset", "model", "method", "reproduced", "level"), lines))
    if found.again:
        again = tuple((str(a.address), REPRODUCED[a.reproduced], f"{a.difference:.3g}", a.reason) for a in found.again)
        title = f"Cells run again, chosen by the nonce {found.nonce}"
        tables.append(Table(title, ("cell", "reproduced", "largest difference", "note"), again))
    return tables


def renamed(found: Verification, manifest: str) -> Verification:
    """The same findings of the same records under a new manifest."""
    return replace(found, manifest=manifest)
