"""The commands that only read: list, info, status, export and doctor."""

import json
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from whybench.catalogue import catalogue, find
from whybench.cli.choosing import chosen_suites
from whybench.cli.exits import Exit
from whybench.environment import environment
from whybench.exporting import export
from whybench.registries import fill
from whybench.store import Store


def print_json(value: Any) -> None:
    """JSON on standard output, without NaN."""
    Console(soft_wrap=True, highlight=False, markup=False).print(json.dumps(value, indent=2, allow_nan=False))


def show_list(sort: str, kind: str | None, as_json: bool) -> None:
    """Everything registered of one sort."""
    found = catalogue(sort, kind)
    if as_json:
        print_json(found)
        return
    table = Table(box=None, pad_edge=False)
    table.add_column("name", no_wrap=True)
    for header in ("what", "parameters"):
        table.add_column(header, overflow="fold")
    for entry in found:
        parameters = ", ".join(f"{name}={value!r}" for name, value in entry["parameters"].items())
        table.add_row(escape(entry["name"]), escape(entry["summary"]), escape(parameters))
    Console().print(table)


def show_info(name: str, as_json: bool) -> None:
    """All facts and the documentation of one name."""
    found = find(name)
    if as_json:
        print_json([{"sort": sort, **facts, "documentation": text} for sort, facts, text in found])
        return
    console = Console(highlight=False, markup=False, soft_wrap=True)
    for sort, facts, text in found:
        console.print(f"{facts['name']} ({sort.removesuffix('s')})\n")
        console.print(text + "\n")
        for fact, value in facts.items():
            if fact not in ("name", "summary") and value is not None:
                console.print(f"  {fact}: {json.dumps(value)}")


def show_status(suite: str | None, url: str, artifacts: Path | None, as_json: bool) -> int:
    """Cells by status, a suite each, with reasons."""
    with closing(Store.open(url, artifacts, create=False)) as store:
        shown = [_summary(store, name) for name in chosen_suites(store, suite)]
    if as_json:
        print_json(shown)
    else:
        console = Console(highlight=False, markup=False, soft_wrap=True)
        for entry in shown:
            counts = ", ".join(f"{n} {status}" for status, n in entry["status"].items()) or "nothing"
            console.print(f"{entry['suite']}: {entry['cells']} cells: {counts}")
            for line in entry["reasons"]:
                console.print(f"  {line['cells']} {line['status']}: {line['reason']}")
    return Exit.OK if any(entry["cells"] for entry in shown) else Exit.NOTHING_SELECTED


def _summary(store: Store, suite: str) -> dict[str, Any]:
    records = store.records(suite)
    reasons = Counter((r.status, r.reason) for r in records if r.status != "ok")
    return {
        "suite": suite,
        "cells": len(records),
        "status": dict(Counter(r.status for r in records)),
        "reasons": [{"status": s, "reason": r, "cells": n} for (s, r), n in reasons.most_common()],
    }


def export_store(suite: str | None, url: str, artifacts: Path | None, to: Path, as_json: bool) -> int:
    """Write a store's scores, curves, costs and explanations to a folder."""
    with closing(Store.open(url, artifacts, create=False)) as store:
        chosen_suites(store, suite)
        written = export(store, to, suite)
    if as_json:
        print_json({"to": str(to), **written})
    else:
        Console(highlight=False, markup=False, soft_wrap=True).print(
            f"{written['scores']} scores, {written['curves']} curve points, {written['costs']} costs and "
            f"{written['explanations']} explanations written to {to}"
        )
    return Exit.OK if written["scores"] else Exit.NOTHING_SELECTED


def show_doctor(as_json: bool) -> int:
    """What can move a number or stop a run here."""
    facts: dict[str, Any] = {**environment(), "broken_plugins": fill()}
    if as_json:
        print_json(facts)
    else:
        console = Console(highlight=False, markup=False, soft_wrap=True)
        for name, value in facts.items():
            console.print(f"{name}: {json.dumps(value)}")
    return Exit.OK
