"""results/check/README.md, written from the tables."""

from collections import Counter
from collections.abc import Iterator

from checks.remarks import remark
from checks.rows import About, Row, Table
from checks.subjects import GROUPS, PLACE, WRITTEN, classes, subjects, untaken

VERDICTS = ("passed", "declared", "failed", "not applicable")
LONGEST = 230
ABOUT = """# What check finds

Made by `python benchmarks/check_verdicts.py`: what `whybench check` says of every own method, metric, model and
dataset, of Captum behind whybench's adapters, and of Captum's classes as they are. What the clauses promise:
[Checking an implementation](../../docs/checking.md#the-clauses). Slow ones are checked with fewer draws, as the command
does by itself; `subjects.csv` says which. `verdicts.csv` has a row for every subject and clause, with all offending
values; `environment.json` the versions. Seconds are CPU time of one core, {seconds:.0f} in all. Adapters of other
libraries are not here.{open}
"""
CAPTUM = """Clauses are whybench's promises. Captum makes few of them, so a failed one is a fact about it and not
always a fault; remarks say which are by definition or documented. Nothing is repaired here: whybench's adapters
(above) do that. Every kind of failure is made again by a few lines against Captum itself, without whybench, in
`tests/checking/test_captum_verdicts.py`. {written}; the others are their own specification, as in
`whybench check captum.attr:DeepLift`.
"""


def page(table: Table) -> str:
    """The whole page."""
    seconds = sum(float(about.seconds or 0) for about, _ in table.values())
    missing = [listed.name for listed in subjects() if listed.name not in table]
    still = ", ".join(f"`{name}`" for name in missing)
    told = f" Not checked yet, `--missing` does: {still}." if missing else ""
    text = [ABOUT.format(seconds=seconds, open=told), *_totals(table), ""]
    for group in GROUPS:
        of = {name: row for name, row in table.items() if row[0].group == group}
        text += [f"## {group[0].upper()}{group[1:]}", ""]
        if group == GROUPS[5]:
            written = " and ".join(f"`{name}` is `{PLACE.as_posix()}:{made}`" for name, made in WRITTEN.items())
            text += [CAPTUM.format(written=written), *_left_out(), ""]
        text += [*_subjects(of), "", *_details(of, "failed"), *_details(of, "declared"), *_unchecked(of)]
    return "\n".join(text).rstrip() + "\n"


def _totals(table: Table) -> Iterator[str]:
    yield f"| group | subjects | {' | '.join(VERDICTS)} | subjects without a failure |"
    yield "| --- | ---: |" + " ---: |" * (len(VERDICTS) + 1)
    for group in GROUPS:
        of = [rows for about, rows in table.values() if about.group == group and not about.unchecked]
        counts = Counter(row.verdict for rows in of for row in rows)
        clean = sum(all(row.verdict != "failed" for row in rows) for rows in of)
        yield f"| {group} | {len(of)} | {' | '.join(str(counts[v]) for v in VERDICTS)} | {clean} |"


def _subjects(of: Table) -> Iterator[str]:
    yield "| subject | passed | failed | declared | not applicable | CPU s |"
    yield "| --- | ---: | --- | --- | ---: | ---: |"
    for about, rows in of.values():
        if not about.unchecked:
            passed, idle = (sum(row.verdict == v for row in rows) for v in ("passed", "not applicable"))
            named = [", ".join(row.clause for row in rows if row.verdict == v) for v in ("failed", "declared")]
            yield f"| `{about.subject}` | {passed} | {named[0]} | {named[1]} | {idle} | {about.seconds} |"


def _details(of: Table, verdict: str) -> Iterator[str]:
    found = [(about, row) for about, rows in of.values() for row in rows if row.verdict == verdict]
    if not found:
        return
    title, last = ("Failed", "remark") if verdict == "failed" else ("Declared", "")
    yield from (f"### {title}: {of[found[0][0].subject][0].group}", "")
    yield f"| clause | subject | tried on | {'values' if last else 'reason (values)'} |{' remark |' if last else ''}"
    yield "| --- | --- | --- | --- |" + (" --- |" if last else "")
    for about, row in sorted(found, key=lambda each: (int(each[1].clause[1:]), each[0].subject)):
        shown = f"| {row.clause} {row.name} | `{about.subject}` | {_places(row)} | {_cell(row.values)} |"
        yield shown + (f" {remark(about.subject, row.clause)} |" if last else "")
    yield ""


def _places(row: Row) -> str:
    places = row.where.split(", ")
    return row.where if len(places) < 4 else f"{len(places)} models"


def _unchecked(of: Table) -> Iterator[str]:
    found: list[About] = [about for about, _ in of.values() if about.unchecked]
    if found:
        yield from ("Not checked:", "")
        yield from (f"- `{about.subject}`: {_cell(about.unchecked)}" for about in found)
        yield ""


def _left_out() -> Iterator[str]:
    yield from ("Left out:", "")
    reasons: dict[str, list[str]] = {}
    for name in classes():
        if untaken(name):
            reasons.setdefault(untaken(name), []).append(f"`{name}`")
    yield from (f"- {reason}: {', '.join(names)}" for reason, names in reasons.items())


def _cell(text: str) -> str:
    short = " ".join(text.split())
    short = short if len(short) <= LONGEST else short[: LONGEST - 4] + " ..."
    return short.replace("|", "\\|").replace("<", "&lt;")
