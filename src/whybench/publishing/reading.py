"""From the published tables back to records; what is no record is refused."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from whybench.digests import canonical_json
from whybench.errors import BadScores, Refused, shown
from whybench.passes import Passes
from whybench.publishing.columns import COSTS, RECORDS
from whybench.publishing.parquet import columns
from whybench.publishing.values import object_of, text_of, truth_of, whole_of
from whybench.publishing.writing import records_digest
from whybench.records import Cost, ExplanationRecord, Record, SampleScore, Subject

STATUSES = ("ok", "unsupported", "failed")
MOST_ROWS = 1_000_000
Row = dict[str, Any]


@dataclass(frozen=True)
class Records:
    """What was published: cells and explanations in the order of the files.

    explained: the key of each cell's explanation by the key of the cell; digest: over all of it.
    """

    cells: tuple[Record, ...]
    explanations: tuple[ExplanationRecord, ...]
    explained: Mapping[str, str]
    digest: str


def read_records(folder: Path, suite: str) -> Records:
    """The records of a published folder; raises Refused, naming the row, for what is no record."""
    tables = {name: columns(folder / f"{name}.parquet", schema, MOST_ROWS) for name, schema in RECORDS.items()}
    try:
        digest = records_digest(tables)
        samples = _samples(tables["sample_records"])
        cells = tuple(_cell(row, suite, samples.pop(row["key"], ())) for row in _rows(tables["cell_records"]))
        made = tuple(_explanation(row, suite) for row in _rows(tables["explanation_records"]))
    except (TypeError, ValueError, KeyError, RecursionError, BadScores) as error:
        raise Refused(f"the records cannot be read: {type(error).__name__}: {shown(str(error))}") from None
    if samples:
        raise Refused(f"samples of a cell that is not there: {shown(next(iter(samples)))}")
    explained = dict(zip(tables["cell_records"]["key"], tables["cell_records"]["explanation"], strict=True))
    return Records(cells, made, explained, digest)


def _rows(table: Mapping[str, Sequence[Any]]) -> Iterator[Row]:
    for values in zip(*table.values(), strict=True):
        yield dict(zip(table, values, strict=True))


def _samples(table: Mapping[str, Sequence[Any]]) -> dict[str, tuple[SampleScore, ...]]:
    """Each cell's samples; their positions count from 0."""
    found: dict[str, list[SampleScore]] = {}
    for row in _rows(table):
        cell = found.setdefault(row["cell"], [])
        if row["position"] != len(cell):
            raise ValueError(f"sample {row['sample_id']!r} of cell {row['cell']!r} has position {row['position']}")
        if row["status"] not in ("ok", "undefined", "censored"):
            raise ValueError(f"sample {row['sample_id']!r} has status {row['status']!r}")
        kept = SampleScore(
            sample_id=text_of(row["sample_id"]),
            score=row["score"],
            status=row["status"],
            reason=text_of(row["reason"]),
            correct=row["correct"],
            details={name: float(value) for name, value in _object(row["details"]).items()},
        )
        cell.append(kept)
    return {cell: tuple(samples) for cell, samples in found.items()}


def _cell(row: Row, suite: str, samples: tuple[SampleScore, ...]) -> Record:
    return Record(
        key=text_of(row["key"]),
        subject=_subject(row, suite),
        metric=text_of(row["metric"]),
        metric_parameters=_object(row["metric_parameters"]),
        family=text_of(row["family"]),
        higher_is_better=truth_of(row["higher_is_better"]),
        trivial=truth_of(row["trivial"]),
        control=truth_of(row["control"]),
        leak=truth_of(row["leak"]),
        headline=truth_of(row["headline"]),
        status=_status(row["status"]),
        reason=text_of(row["reason"]),
        samples=samples,
        own=_known(row, "own"),
        shared=_known(row, "shared"),
        needed=_needed(row),
    )


def _explanation(row: Row, suite: str) -> ExplanationRecord:
    ids = json.loads(row["sample_ids"])
    return ExplanationRecord(
        key=text_of(row["key"]),
        subject=_subject(row, suite),
        status=_status(row["status"]),
        reason=text_of(row["reason"]),
        digest=row["digest"],
        sample_ids=tuple(map(text_of, ids)),
        cost=_known(row, "own"),
        bare_seconds=float(row["bare_seconds"]),
        control=truth_of(row["control"]),
        bench=text_of(row["bench"]),
        preparation=_cost(row, "preparation"),
        needed=_needed(row),
        bare_gradient_seconds=row["bare_gradient_seconds"],
        plan=None if row["plan"] is None else _object(row["plan"]),
    )


def _subject(row: Row, suite: str) -> Subject:
    names = {name: text_of(row[name]) for name in ("kind", "dataset", "model", "method")}
    seed, protocol = whole_of(row["seed"]), whole_of(row["protocol"])
    return Subject(
        **names, suite=suite, method_parameters=_object(row["method_parameters"]), seed=seed, protocol=protocol
    )


def _known(row: Row, prefix: str) -> Cost:
    found = _cost(row, prefix)
    if found is None:
        raise ValueError(f"{row['key']!r} has no {prefix} cost")
    return found


def _cost(row: Row, prefix: str) -> Cost | None:
    facts = {name: row[f"{prefix}_{name}"] for name, _ in COSTS}
    if facts["forward"] is None:
        return None
    if any(value is None for name, value in facts.items() if name != "peak_bytes"):
        raise ValueError(f"{row['key']!r} has a {prefix} cost without a number")
    return Cost(**facts)


def _needed(row: Row) -> Passes | None:
    forward, backward = row["needed_forward"], row["needed_backward"]
    return None if forward is None or backward is None else Passes(forward, backward)


@lru_cache(maxsize=4096)
def _parsed(text: str) -> str:
    """JSON in the one way in which it is written here; an object is needed."""
    return canonical_json(object_of(json.loads(text)))


def _object(text: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_parsed(text_of(text)))
    return found


def _status(value: Any) -> Any:
    if value not in STATUSES:
        raise ValueError(f"status {shown(value)}; expected {', '.join(STATUSES)}")
    return value
