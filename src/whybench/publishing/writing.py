"""Records as the tables that are published, and the digest over them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import pyarrow as pa

from whybench.digests import canonical_json, json_digest
from whybench.passes import Passes
from whybench.publishing.columns import CELLS, COSTS, EXPLAINED, SAMPLES
from whybench.records import Cost, ExplanationRecord, Record, Subject
from whybench.store import rows


def record_tables(
    records: Sequence[Record], made: Sequence[ExplanationRecord], explained: Mapping[str, str]
) -> dict[str, pa.Table]:
    """The tables of `columns.RECORDS`; explained: the key of each cell's explanation by the key of the cell."""
    samples = [
        {"cell": record.key, **rows.score_row(position, sample)}
        for record in records
        for position, sample in enumerate(record.samples)
    ]
    return {
        "cell_records": pa.Table.from_pylist([_cell(record, explained[record.key]) for record in records], CELLS),
        "sample_records": pa.Table.from_pylist(samples, SAMPLES),
        "explanation_records": pa.Table.from_pylist([_explanation(record) for record in made], EXPLAINED),
    }


def records_digest(tables: Mapping[str, Mapping[str, Sequence[Any]]]) -> str:
    """The sha256 over every row of the tables, given as columns by their names, whatever files hold them."""
    facts = {}
    for name, columns in tables.items():
        names = sorted(columns)
        lines = zip(*(columns[column] for column in names), strict=True)
        facts[name] = [names, sorted(json_digest(list(line)) for line in lines)]
    return json_digest(facts)


def _cell(record: Record, explanation: str) -> dict[str, Any]:
    return {
        "key": record.key,
        "explanation": explanation,
        **_subject(record.subject),
        "metric": record.metric,
        "metric_parameters": canonical_json(record.metric_parameters),
        "family": record.family,
        "higher_is_better": record.higher_is_better,
        "trivial": record.trivial,
        "control": record.control,
        "leak": record.leak,
        "headline": record.headline,
        "status": record.status,
        "reason": record.reason,
        **_cost("own", record.own),
        **_cost("shared", record.shared),
        **_needed(record.needed),
    }


def _explanation(record: ExplanationRecord) -> dict[str, Any]:
    return {
        "key": record.key,
        **_subject(record.subject),
        "status": record.status,
        "reason": record.reason,
        "digest": record.digest,
        "bench": record.bench,
        "plan": None if record.plan is None else canonical_json(record.plan),
        "sample_ids": json.dumps(record.sample_ids),
        "control": record.control,
        **_cost("own", record.cost),
        **_cost("preparation", record.preparation),
        **_needed(record.needed),
        "bare_seconds": record.bare_seconds,
        "bare_gradient_seconds": record.bare_gradient_seconds,
    }


def _subject(subject: Subject) -> dict[str, Any]:
    facts = asdict(subject)
    del facts["suite"]
    return {**facts, "method_parameters": canonical_json(subject.method_parameters)}


def _cost(prefix: str, cost: Cost | None) -> dict[str, Any]:
    facts = dict.fromkeys((name for name, _ in COSTS), None) if cost is None else asdict(cost)
    return {f"{prefix}_{name}": value for name, value in facts.items()}


def _needed(passes: Passes | None) -> dict[str, float | None]:
    return {
        "needed_forward": None if passes is None else passes.forward,
        "needed_backward": None if passes is None else passes.backward,
    }
