"""The command that compares."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import cast, get_args

from rich.console import Console

from whybench.cli.exits import Exit
from whybench.comparing import (
    Comparison,
    Rules,
    Timing,
    Tolerances,
    compared,
    failures,
    open_both,
    to_json,
    to_markdown,
    wording,
)
from whybench.comparing.comparison import SLOWER
from whybench.errors import NotWritable, UsageError
from whybench.leaderboard.markup import printable
from whybench.timing.records import Clock

CELLS = 30
"""Cells that the terminal shows."""
SAMPLES = 5
"""Samples of a cell that the terminal names."""
STANDARD_OUTPUT = "-"


@dataclass(frozen=True)
class Request:
    """What `compare` was asked for, as the command line has it; the options say what each is."""

    a: str
    b: str
    suite: str | None
    runs: tuple[str, ...]
    own_libraries: bool
    rtol: float | None
    atol: float | None
    alpha: float
    common_samples: bool
    fail_on: str
    timing: bool
    other_machine: bool
    clock: str
    rounds: int


def compare_sides(request: Request, json: Path | None, markdown: Path | None) -> int:
    """Compare A and B, print what moved, and write the files that were asked for; returns the exit code.

    All options are checked before anything is read or run.
    """
    if [str(file) for file in (json, markdown)] == [STANDARD_OUTPUT] * 2:
        raise UsageError("--json - and --markdown - would mix on standard output; write one of them to a file")
    clock = _clock(request.clock)
    rules = Rules(Tolerances(request.rtol, request.atol), request.alpha, request.common_samples)
    fail_on = failures(request.fail_on)
    if SLOWER in fail_on and not request.timing:
        raise UsageError(f"--fail-on={SLOWER} is of times, which only --timing compares; add it")
    progress = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    opened = open_both(
        request.a,
        request.b,
        request.suite,
        request.runs,
        request.own_libraries,
        Timing(request.timing, request.other_machine, clock, request.rounds),
        lambda text: progress.print(printable(text)),
    )
    comparison = compared(opened.a, opened.b, rules, fail_on, opened.paces)
    files = ((json, to_json), (markdown, to_markdown))
    for file, written in files:
        if file is not None:
            _write(file, written(comparison))
    if STANDARD_OUTPUT not in (str(file) for file, _ in files):
        _print(Console(highlight=False, markup=False, soft_wrap=True), comparison)
    return Exit.REGRESSION if comparison.regressed else Exit.OK


def _clock(text: str) -> Clock:
    for known in get_args(Clock):
        if text == known:
            return cast(Clock, known)
    raise UsageError(f"--clock={text!r}; {' or '.join(get_args(Clock))} is needed")


def _print(console: Console, c: Comparison) -> None:
    lines = [f"A: {c.a.name}", f"B: {c.b.name}", *(f"  {note}" for note in c.notes), wording.tally(c)]
    fails = {id(cell) for cell in c.regressions}
    found = wording.findings(c)
    for cell in found[:CELLS]:
        method, metric, place = c.names(cell.address)
        mark = "!" if id(cell) in fails else "-"
        lines.append(f"{mark} {cell.verdict}: {method} by {metric}, {place}: {wording.explained(cell)}".rstrip(": "))
        lines += [f"    {wording.sample(moved)}" for moved in cell.moved[:SAMPLES]]
        if len(cell.moved) > SAMPLES:
            lines.append(f"    and {len(cell.moved) - SAMPLES} more samples")
    if len(found) > CELLS:
        lines.append(f"and {len(found) - CELLS} more cells, in --json FILE")
    if c.moves:
        lines.append(f"Places: {wording.moved(c, c.moves[:CELLS])}")
    lines += [f"{c.timed[p.method]}, {p.model} on {p.dataset}: {wording.timed(p)}" for p in c.paces]
    lines += [wording.tolerances(c), wording.headline(c)]
    for line in lines:
        console.print(printable(line))


def _write(file: Path, text: str) -> None:
    if str(file) == STANDARD_OUTPUT:
        sys.stdout.write(text)
        return
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise NotWritable(f"cannot write {file}: {error.strerror or error}") from error
