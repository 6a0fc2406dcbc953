"""Stores made by hand: records whose scores are known."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from whybench.comparing import Comparison, Rules, compared
from whybench.comparing.cells import scored_cell
from whybench.comparing.side import Side
from whybench.digests import json_digest
from whybench.environment import environment
from whybench.records import Cost, ExplanationRecord, Record, SampleScore, Subject
from whybench.store import Store
from whybench.store.boards import Member

Scores = Mapping[str, Any] | Sequence[Any]
PLAN = {"rows": 8, "channels_last": False, "threads": 1, "device": "cpu"}


def make_samples(scores: Scores) -> tuple[SampleScore, ...]:
    """Numbers as measured scores, None as undefined samples, ("censored", x) as bounds."""
    named = scores if isinstance(scores, Mapping) else {f"s{i:03d}": v for i, v in enumerate(scores)}
    made = []
    for name, value in named.items():
        if value is None:
            made.append(SampleScore(name, None, "undefined", "constant map"))
        elif isinstance(value, tuple):
            made.append(SampleScore(name, value[1], value[0], "never reached"))
        else:
            made.append(SampleScore(name, float(value)))
    return tuple(made)


def make_record(method: str = "gradient", metric: str = "srg", scores: Scores = (), **changes: Any) -> Record:
    subject = Subject(
        kind="attribution",
        suite="hand",
        dataset=changes.pop("dataset", "digits"),
        model=changes.pop("model", "cnn"),
        method=method,
        method_parameters=changes.pop("method_parameters", {}),
        seed=changes.pop("seed", 0),
        protocol=changes.pop("protocol", 1),
    )
    facts: dict[str, Any] = {
        "metric_parameters": {},
        "family": "faithfulness",
        "higher_is_better": True,
        "trivial": False,
        "control": False,
        "leak": False,
        "status": "ok",
        "reason": "",
        "key": "",
    } | changes
    address = [*vars(subject).values(), metric, facts["metric_parameters"]]
    facts["key"] = facts["key"] or json_digest(address)
    return Record(subject=subject, metric=metric, samples=make_samples(scores), **facts)


def make_side(*records: Record, dtype: str | None = "float32", name: str = "side") -> Side:
    return Side(name, [scored_cell(r, dtype) for r in records])


def make_comparison(before: Sequence[Record], after: Sequence[Record], **rules: Any) -> Comparison:
    dtype = rules.pop("dtype", "float32")
    return compared(make_side(*before, dtype=dtype), make_side(*after, dtype=dtype), Rules(**rules))


def make_store(place: Path, records: Sequence[Record], dtype: str = "float32", asked: str = "hand") -> str:
    """A store on disk with these records on the board of their suite; returns its URL."""
    url = f"sqlite:///{place}"
    store = Store.open(url)
    store.boards.begin("hand", {"seed": 0, "asked": asked, "environment": environment()}, clear=True)
    for position, record in enumerate(records):
        made = json_digest([*vars(record.subject).values(), "explanation"])
        ids = tuple(s.sample_id for s in record.samples)
        plan = {**PLAN, "dtype": dtype}
        explanation = ExplanationRecord(made, record.subject, "ok", "", None, ids, Cost(), 1.0, False, plan=plan)
        store.save_explanation(explanation)
        store.save_cell(record, made, ())
        store.boards.join("hand", [Member(record.key, position, record.key, made)])
    store.close()
    return url


@pytest.fixture(name="record")
def _record() -> Callable[..., Record]:
    return make_record


@pytest.fixture(name="compare")
def _compare() -> Callable[..., Comparison]:
    return make_comparison


@pytest.fixture(name="side")
def _side() -> Callable[..., Side]:
    return make_side


@pytest.fixture(name="store")
def _store(tmp_path: Path) -> Callable[..., str]:
    def made(name: str, *records: Record, **options: Any) -> str:
        return make_store(tmp_path / f"{name}.db", records, **options)

    return made
