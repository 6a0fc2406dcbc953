"""A comparison for a pull request: short, with the details folded away, and nothing in it that a name could break."""

import re
from collections.abc import Iterable, Sequence

from whybench.comparing import wording
from whybench.comparing.comparison import Comparison
from whybench.comparing.judging import JudgedCell
from whybench.leaderboard.markup import printable

ROWS = 20
"""Rows of a table; the rest is counted."""
SAMPLES = 5
"""Samples of a cell that are named."""
LONGEST = 300
"""Characters of a name or a reason."""
MARKER = "<!-- whybench compare -->"
"""The first line, by which a workflow finds its own comment again."""

MEANT = re.compile(r"[^\w\s.,()=+'/;%-]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")


def code(text: str) -> str:
    """Text as it is, in HTML inside Markdown: whatever could be markup, a mention or a link is an entity.

    >>> code("a|b @you")
    '<code>a&#124;b &#64;you</code>'
    """
    return f"<code>{_entities(text)}</code>"


def to_markdown(comparison: Comparison) -> str:
    """Headline and counts; then, folded, the cells with the samples that moved, places, timings, and what else
    differs."""
    c = comparison
    sign = ":x:" if c.regressed else ":white_check_mark:"
    found = wording.findings(c)
    parts = [
        f"{MARKER}\n### {sign} {wording.headline(c)}",
        f"{code(c.a.name)} → {code(c.b.name)}. {wording.tally(c)}.",
        _cells(c, found),
        _folded(f"{len(c.moves)} moved on the leaderboard", _moves(c)),
        _folded(f"Time of {len(c.paces)} methods, B / A", _paces(c)),
        _folded("What else differs", [f"- {_entities(note)}" for note in c.notes[:ROWS]]),
        f"<sub>{_entities(wording.tolerances(c))}</sub>",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _cells(c: Comparison, found: Sequence[JudgedCell]) -> str:
    """The cells that are not unchanged, and below them, folded, the samples of each."""
    if not found:
        return ""
    fails = {id(cell) for cell in c.regressions}
    rows = ["| | cell | verdict | |", "| --- | --- | --- | --- |"]
    for cell in found[:ROWS]:
        mark = ":x:" if id(cell) in fails else ""
        rows.append(f"| {mark} | {_name(c, cell)} | {cell.verdict} | {_entities(wording.explained(cell))} |")
    if len(found) > ROWS:
        rows.append(f"| | {len(found) - ROWS} more cells | | |")
    return "\n\n".join(["\n".join(rows), _folded("Samples beyond the tolerance", _samples(c, found))]).strip()


def _samples(c: Comparison, found: Sequence[JudgedCell]) -> list[str]:
    lines = []
    for cell in [cell for cell in found if cell.moved][:ROWS]:
        shown = ", ".join(code(wording.sample(moved)) for moved in cell.moved[:SAMPLES])
        rest = len(cell.moved) - SAMPLES
        lines.append(f"- {_name(c, cell)}: {shown}" + (f" and {rest} more" if rest > 0 else ""))
    return lines


def _moves(c: Comparison) -> list[str]:
    lines = [f"- {_entities(wording.moved(c, [move]))}" for move in c.moves[:ROWS]]
    return [*lines, f"- {len(c.moves) - ROWS} more"] if len(c.moves) > ROWS else lines


def _paces(c: Comparison) -> list[str]:
    worst = sorted(c.paces, key=lambda p: (p.verdict == "=", -abs(p.ratio - 1)))
    lines = [
        f"- {code(c.timed[p.method])}, {code(f'{p.model} on {p.dataset}')} {_entities(wording.timed(p))}"
        for p in worst[:ROWS]
    ]
    return [*lines, f"- {len(worst) - ROWS} more"] if len(worst) > ROWS else lines


def _name(c: Comparison, cell: JudgedCell) -> str:
    method, metric, place = c.names(cell.address)
    return f"{code(method)} by {code(metric)}, {code(place)}"


def _folded(summary: str, lines: Iterable[str]) -> str:
    body = "\n".join(lines)
    return f"<details><summary>{summary}</summary>\n\n{body}\n\n</details>" if body else ""


def _entities(text: str) -> str:
    shown = printable(text)
    cut = shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}..."
    return MEANT.sub(lambda found: f"&#{ord(found[0])};", cut)
