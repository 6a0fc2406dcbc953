"""pytest-benchmark's JSON as Markdown tables and tidy rows."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

COLUMNS = ("group", "benchmark", "quantity", "clock", "value", "low", "high")

One = dict[str, Any]
"""A benchmark as pytest-benchmark writes it; what was noted of it stands in `extra_info`."""


def names(members: Sequence[One]) -> list[str]:
    """The parameter of each benchmark of a group, after the test's own name where the group has several tests."""
    parts = [str(one["name"]).removeprefix("test_").partition("[") for one in members]
    several = len({test for test, _, _ in parts}) > 1
    found = []
    for test, _, parameter in parts:
        words, inner = test.replace("_", " "), parameter.removesuffix("]")
        found.append(f"{words}: {inner}" if several and inner else inner or words)
    return found


def table(members: Sequence[One]) -> str:
    """The benchmarks of one group: CPU milliseconds, ratios of CPU time with their intervals, what else was noted."""
    notes = sorted({note: None for one in members for note in one["extra_info"]}, key=_rank)
    lines = [["", *map(_heading, notes)], ["---", *["---:"] * len(notes)]]
    for name, one in zip(names(members), members, strict=True):
        lines.append([f"`{name}`", *(_cell(note, one["extra_info"].get(note)) for note in notes)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def tidy(members: Sequence[One]) -> list[list[Any]]:
    """One row a number, in the columns `COLUMNS`; a peer that is not installed has a row without a number."""
    rows = []
    for name, one in zip(names(members), members, strict=True):
        for note, value in one["extra_info"].items():
            start = [one["group"], name, note]
            if isinstance(value, dict):
                rows += [[*start, clock, *numbers] for clock, numbers in value.items()]
            elif isinstance(value, list):
                rows.append([*start, "cpu", *value])
            else:
                rows.append([*start, "", value, "", ""])
    return rows


def as_csv(rows: Iterable[Sequence[Any]]) -> str:
    """Tidy rows under their heading."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([f"{cell:.6g}" if isinstance(cell, float) else cell for cell in row] for row in rows)
    return text.getvalue()


def interval(numbers: Sequence[float], unit: float = 1.0) -> str:
    """A median with its interval.

    >>> interval([1.0, 0.9, 1.25])
    '1 (0.9 to 1.25)'
    """
    middle, low, high = (unit * number for number in numbers)
    return f"{middle:.3g} ({low:.3g} to {high:.3g})"


def _rank(note: str) -> int:
    """Times first, then ratios, then the rest, each in the order in which they were noted."""
    return 0 if note == "CPU seconds" else 1 if note.startswith("x ") else 2


def _heading(note: str) -> str:
    return "CPU ms" if note == "CPU seconds" else note


def _cell(note: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return interval(value["cpu"])
    if isinstance(value, list):
        return interval(value, 1e3)
    if isinstance(value, float) and value.is_integer() and abs(value) >= 1:
        return f"{int(value):,}"
    return f"{value:,}" if isinstance(value, int) else f"{1e3 * value if note == 'CPU seconds' else value:.4g}"
