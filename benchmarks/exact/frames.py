"""The records of the study as tables: one row a method, sample and reading."""

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from whybench.digests import canonical_json
from whybench.parameters import parameters
from whybench.records import Record


def called(things: Iterable[Any]) -> dict[tuple[str, str], str]:
    """Each method or metric by name and parameters, and the shortest spec that names it."""
    names = {}
    for thing in things:
        given, default = parameters(thing), parameters(type(thing)())
        changed = ", ".join(f"{name}={value!r}" for name, value in given.items() if value != default.get(name))
        names[thing.name, canonical_json(given)] = f"{thing.name}({changed})" if changed else thing.name
    return names


def scores(records: Sequence[Record], methods: dict[tuple[str, str], str], metrics: dict[tuple[str, str], str]) -> Any:
    """One row a cell and sample: network, method, metric, sample, score (turned so that more is better), details."""
    rows = []
    for record in records:
        subject = record.subject
        method = methods[subject.method, canonical_json(subject.method_parameters)]
        metric = metrics[record.metric, canonical_json(record.metric_parameters)]
        sign = 1.0 if record.higher_is_better else -1.0
        for sample in record.samples:
            score = None if sample.score is None else sign * sample.score
            rows.append(
                {
                    "network": subject.model,
                    "method": method,
                    "control": record.control,
                    "metric": metric,
                    "family": record.family,
                    "sample": sample.sample_id,
                    "score": score,
                    "status": sample.status,
                    **sample.details,
                }
            )
    return pd.DataFrame(rows)


def regrets(found: Any, records: Sequence[Record], metrics: dict[tuple[str, str], str]) -> Any:
    """The rows of `regret`, with what it was asked: one row a network, infill, criterion, method and sample."""
    asked = {}
    for record in records:
        if record.metric == "regret":
            of, infill = record.metric_parameters["of"], record.metric_parameters["infill"]
            asked[metrics[record.metric, canonical_json(record.metric_parameters)]] = (of, infill)
    rows = found[found.metric.isin(asked)].copy()
    rows["of"], rows["infill"] = zip(*rows.metric.map(asked), strict=True)
    rows["regret"] = -rows.score
    columns = ["network", "infill", "of", "method", "control", "sample", "regret", "own", "best", "worst", "normalised"]
    return rows[columns].reset_index(drop=True)


def facts(found: Any, records: Sequence[Record], metrics: dict[tuple[str, str], str]) -> Any:
    """The rows of `world_facts`: one row a network, infill and sample."""
    asked = {
        metrics[record.metric, canonical_json(record.metric_parameters)]: record.metric_parameters["infill"]
        for record in records
        if record.metric == "world_facts"
    }
    rows = found[found.metric.isin(asked)].dropna(axis=1, how="all").copy()
    rows["infill"] = rows.metric.map(asked)
    return rows.drop(columns=["method", "control", "metric", "family", "status"]).reset_index(drop=True)
