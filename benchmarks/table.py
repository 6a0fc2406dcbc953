"""pytest-benchmark's JSON as Markdown: python table.py benchmark.json [README.md]

Prints the tables, or puts them between the two marker lines of a Markdown file.
"""

import json
import re
import sys
from itertools import groupby
from pathlib import Path
from typing import Any

BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"


def markdown(run: dict[str, Any]) -> str:
    """A line on the machine, then one table a group."""
    machine, commit = run["machine_info"], run["commit_info"]
    processor = machine["cpu"].get("brand_raw", machine["processor"])
    cores = machine["cpu"].get("count", "?")
    changed = ", with changes" if commit.get("dirty") else ""
    said = [
        f"{processor}, {cores} cores, {machine['system']}, Python {machine['python_version']}, "
        f"commit {commit['id'][:7]}{changed}."
    ]
    ordered = sorted(run["benchmarks"], key=lambda one: one["group"])
    for group, members in groupby(ordered, key=lambda one: one["group"]):
        said.append(f"### {group}\n\n{table(list(members))}")
    return "\n\n".join(said)


def table(members: list[dict[str, Any]]) -> str:
    """The benchmarks of one group: milliseconds, then everything that they noted."""
    notes = list(dict.fromkeys(note for one in members for note in one["extra_info"]))
    headers = ["benchmark", "ms", *(h for note in notes for h in _headers(note))]
    lines = [headers, ["---", *["---:"] * (len(headers) - 1)]]
    for one in members:
        cells = [_cells(note, one["extra_info"].get(note)) for note in notes]
        lines.append([f"`{_name(one)}`", f"{1e3 * one['stats']['median']:.3g}", *(c for some in cells for c in some)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _name(one: dict[str, Any]) -> str:
    """The method or metric where the test says no more than its group does, else the test with its parameter."""
    name, _, parameter = str(one["name"]).removeprefix("test_").partition("[")
    group = str(one["group"]).lower().replace(" ", "_")
    return (
        parameter.removesuffix("]")
        if parameter and name in (group, group.removesuffix("s"))
        else name + (parameter and f"[{parameter}")
    )


def _headers(note: str) -> list[str]:
    return [f"{note}, wall (95 %)", f"{note}, CPU"] if note.startswith("x ") else [note]


def _cells(note: str, value: Any) -> list[str]:
    if not note.startswith("x "):
        return ["" if value is None else f"{value:.4g}"]
    if value is None:
        return ["", ""]
    middle, low, high = value["wall"]
    return [f"{middle:.3g} ({low:.3g} to {high:.3g})", f"{value['cpu']:.3g}"]


def main(source: str, into: str | None = None) -> None:
    """Read, render, and print or put in place."""
    text = markdown(json.loads(Path(source).read_text(encoding="utf-8")))
    if into is None:
        sys.stdout.write(text + "\n")
        return
    page = Path(into)
    marked = re.compile(f"{BEGIN}.*{END}", re.DOTALL)
    before = page.read_text(encoding="utf-8")
    if not marked.search(before):
        raise SystemExit(f"{into} has no lines {BEGIN} and {END}")
    page.write_text(marked.sub(lambda _: f"{BEGIN}\n\n{text}\n\n{END}", before), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
