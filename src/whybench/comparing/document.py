"""A comparison as JSON."""

import json
from typing import Any

from whybench.comparing.comparison import Comparison
from whybench.comparing.judging import JudgedCell
from whybench.comparing.paces import Pace
from whybench.comparing.side import Side
from whybench.leaderboard.addresses import SeededAddress

SCHEMA = "whybench.comparison"
VERSION = 1


def to_json(comparison: Comparison) -> str:
    """Every cell with its verdict, the samples beyond the tolerance, moves and paces, as one JSON object.

    `schema` and `version` name its layout.
    """
    c, fails = comparison, {id(cell) for cell in comparison.regressions}
    document = {
        "schema": SCHEMA,
        "version": VERSION,
        "regression": c.regressed,
        "fail_on": list(c.fail_on),
        "alpha": c.rules.alpha,
        "common_samples": c.rules.common,
        "a": _side(c.a),
        "b": _side(c.b),
        "notes": list(c.notes),
        "counts": c.counts,
        "cells": [_cell(cell, id(cell) in fails) for cell in c.cells],
        "moves": [{**_address(m.address), "before": m.before, "after": m.after, "of": m.of} for m in c.moves],
        "timing": [_pace(p) for p in c.paces],
    }
    return json.dumps(document, indent=1, allow_nan=False) + "\n"


def _side(side: Side) -> dict[str, Any]:
    return {"name": side.name, "environment": dict(side.environment), "cells": len(side.cells)}


def _address(a: SeededAddress) -> dict[str, Any]:
    return {
        "kind": a.kind,
        "dataset": a.dataset,
        "model": a.model,
        "method": a.method.name,
        "method_parameters": a.method.values(),
        "metric": a.metric.name,
        "metric_parameters": a.metric.values(),
        "seed": a.seed,
    }


def _cell(cell: JudgedCell, fails: bool) -> dict[str, Any]:
    t = cell.tolerance
    return {
        **_address(cell.address),
        "verdict": cell.verdict,
        "direction": cell.direction,
        "regression": fails,
        "reason": cell.reason,
        "note": cell.pair.note,
        "samples": cell.samples,
        "difference": cell.difference,
        "p": cell.p,
        "tolerance": None if t is None else {"relative": t.relative, "absolute": t.absolute},
        "moved": [vars(moved) for moved in cell.moved],
    }


def _pace(pace: Pace) -> dict[str, Any]:
    own = {name: value for name, value in pace._asdict().items() if name != "method"}
    return {**own, "method": pace.method.name, "method_parameters": pace.method.values()}
