"""A side that was exported: Parquet, by whatever version, read without running anything."""

import json
from collections.abc import Callable, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any, get_args

import pyarrow as pa
from pyarrow import parquet

from whybench.comparing.cells import ScoredCell
from whybench.comparing.side import Side
from whybench.digests import canonical_json
from whybench.errors import BadInput, BadScores, UsageError
from whybench.leaderboard.addresses import SeededAddress
from whybench.leaderboard.variants import Variant
from whybench.protocols import Metric
from whybench.records import SampleScore, SampleStatus, Status
from whybench.registries import fill, metrics

SCORES = "scores.parquet"
COLUMNS = (
    *("kind", "suite", "dataset", "model", "method", "metric", "parameters"),
    *("sample_id", "score", "status", "reason", "seed", "protocol"),
)
FAILED = ("failed", "unsupported")


def folder_side(place: Path, suite: str | None = None) -> Side:
    """What the scores in a folder, as `whybench export` writes it, say of a suite.

    Directions of metrics, which the files do not hold, are those of this whybench. Raises UsageError where the file
    is something else.
    """
    rows = _rows(place / SCORES if place.is_dir() else place)
    known = sorted({row["suite"] for row in rows})
    if suite is not None and suite not in known:
        raise UsageError(f"suite {suite!r} is not in {place}; it holds: {', '.join(known) or 'nothing'}")
    chosen = sorted((r for r in rows if suite in (None, r["suite"])), key=_cell)
    fill()
    cells = [_scored(list(same), place) for _, same in groupby(chosen, key=_cell)]
    suites = tuple(known) if suite is None else (suite,)
    return Side(str(place), cells, None, _environment(place), suites=suites)


def _rows(file: Path) -> list[dict[str, Any]]:
    try:
        table = parquet.read_table(file)
    except FileNotFoundError:
        raise UsageError(f"no file {str(file)!r}; name a folder that `whybench export --to` wrote") from None
    except (OSError, pa.ArrowException) as error:
        raise UsageError(f"{file} is no Parquet file: {' '.join(str(error).split())[:200]}") from error
    missing = [name for name in COLUMNS if name not in table.column_names]
    if missing:
        raise UsageError(f"{file} holds no scores that whybench exported: it has no column {', '.join(missing)}")
    rows: list[dict[str, Any]] = table.select(COLUMNS).to_pylist()
    return rows


def _cell(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("kind", "dataset", "model", "method", "metric", "parameters", "seed", "suite"))


def _scored(rows: list[dict[str, Any]], place: Path) -> ScoredCell:
    first = rows[0]
    try:
        parameters = json.loads(first["parameters"])
        method, metric = (canonical_json(parameters[part]) for part in ("method", "metric"))
        samples = {} if first["status"] in FAILED else {row["sample_id"]: _sample(row) for row in rows}
    except (ValueError, KeyError, TypeError, BadScores) as error:
        raise UsageError(f"{place}: cell {first['method']} x {first['metric']} cannot be read: {error}") from error
    if len(samples) not in (0, len(rows)):
        raise BadInput(f"{place}: {first['method']} x {first['metric']} holds a sample more than once")
    higher, trivial = _facts(first["metric"], parameters["metric"])
    address = SeededAddress(
        kind=first["kind"],
        dataset=first["dataset"],
        model=first["model"],
        method=Variant(first["method"], method),
        metric=Variant(first["metric"], metric),
        seed=first["seed"],
    )
    status: Status = first["status"] if first["status"] in FAILED else "ok"
    return ScoredCell(address, status, first["reason"], samples, higher, trivial, None, first["protocol"])


def _sample(row: Mapping[str, Any]) -> SampleScore:
    if row["status"] not in get_args(SampleStatus):
        raise BadScores(f"sample {row['sample_id']!r} has the status {row['status']!r}")
    undefined = row["status"] == "undefined"
    return SampleScore(row["sample_id"], None if undefined else row["score"], row["status"], row["reason"])


def _facts(name: str, parameters: Mapping[str, Any]) -> tuple[bool | None, bool]:
    """Which way a metric is better, None where this whybench does not know it, and whether trivial maps win it."""
    if name not in metrics:
        return None, False
    make: Callable[..., Metric[Any]] = metrics[name]
    try:
        made = make(**{key: tuple(v) if isinstance(v, list) else v for key, v in parameters.items()})
        return made.higher_is_better, made.trivial
    except Exception:  # parameters of another version; the class of a user's may raise anything
        return None, metrics[name].trivial


def _environment(place: Path) -> dict[str, Any]:
    """What a published folder says that it was made with."""
    file = (place if place.is_dir() else place.parent) / "environment.json"
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
