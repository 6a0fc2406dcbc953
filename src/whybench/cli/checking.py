"""The command check: what a specification promises, clause by clause."""

from typing import cast

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from whybench.checking import Finding, Report, check, sorts
from whybench.checking.clause import Sort
from whybench.cli.boards import terminal
from whybench.cli.exits import Exit
from whybench.cli.reading import print_json
from whybench.leaderboard.markup import printable

MANY = 3
"""More models than this are counted in place of named."""
STYLES = {"passed": "green", "failed": "bold red", "declared": "yellow", "not applicable": "dim"}


def run_check(spec: str, sort: str | None, clauses: tuple[str, ...], models: tuple[str, ...], as_json: bool) -> int:
    """Try the clauses on all that the name is of, or on one sort, and print what was found.

    The exit code is 1 where a clause failed.
    """
    wanted = (sort,) if sort else sorts(spec) or (None,)
    reports = [check(spec, sort=cast(Sort | None, each), only=clauses, models=models) for each in wanted]
    if as_json:
        print_json([report.to_dict() for report in reports])
    else:
        for report in reports:
            show(terminal(), report)
    return Exit.OK if all(report.passed for report in reports) else Exit.REGRESSION


def show(console: Console, report: Report) -> None:
    """A table of the clauses, then what it refuses, and the verdict in one line."""
    grid = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    grid.add_column("clause", no_wrap=True)
    grid.add_column("verdict", no_wrap=True)
    grid.add_column("where", overflow="fold", max_width=16)
    grid.add_column("offending values", overflow="fold", ratio=3)
    grid.add_column("what to do", overflow="fold", ratio=2)
    for finding in report.findings:
        grid.add_row(*_row(finding))
    console.print(Text(f"{report.name} ({report.sort})", style="bold"))
    if report.note:
        console.print(Text(printable(report.note), style="dim"))
    console.print(grid)
    for line in report.refused:
        console.print(Text(printable(f"- refuses {line}"), style="dim"))
    counts = {verdict: sum(f.verdict == verdict for f in report.findings) for verdict in STYLES}
    said = ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)
    console.print(Text(f"{report.name}: {said}", style="bold green" if report.passed else "bold red"))


def _row(finding: Finding) -> list[Text]:
    places = finding.where.split(", ")
    return [
        Text(f"{finding.clause} {finding.name}"),
        Text(finding.verdict, style=STYLES[finding.verdict]),
        Text(printable(finding.where if len(places) <= MANY else f"{len(places)} models")),
        Text(printable(finding.values)),
        Text(printable(finding.remedy)),
    ]
