"""Records made by hand."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from whybench.records import Cost, ExplanationRecord, Record, SampleScore, Subject

Scores = Mapping[str, float | None] | Sequence[float | None]


def make_subject(method: str = "gradient", **changes: Any) -> Subject:
    facts: dict[str, Any] = {
        "kind": "attribution",
        "suite": "hand",
        "dataset": "digits",
        "model": "cnn",
        "method_parameters": {},
    }
    return Subject(method=method, **(facts | changes))


def make_record(
    method: str,
    scores: Scores = (),
    metric: str = "srg",
    *,
    parameters: Mapping[str, Any] | None = None,
    subject: Mapping[str, Any] | None = None,
    **changes: Any,
) -> Record:
    """A record of one cell; a score of None is an undefined sample."""
    named = scores if isinstance(scores, Mapping) else {f"s{i:03d}": v for i, v in enumerate(scores)}
    samples = tuple(
        SampleScore(i, None, "undefined", "constant map") if v is None else SampleScore(i, v) for i, v in named.items()
    )
    about = make_subject(method, **(subject or {}))
    facts: dict[str, Any] = {
        "family": "faithfulness",
        "higher_is_better": True,
        "trivial": False,
        "control": False,
        "leak": False,
        "status": "ok",
        "reason": "",
    }
    key = f"{about}/{metric}/{parameters}"
    return Record(
        key=key,
        subject=about,
        metric=metric,
        metric_parameters=dict(parameters or {}),
        samples=samples,
        **(facts | changes),
    )


def make_explanation(method: str, n: int, cost: Cost, bare: float, **subject: Any) -> ExplanationRecord:
    ids = tuple(f"s{i:03d}" for i in range(n))
    about = make_subject(method, **subject)
    return ExplanationRecord(f"{about}", about, "ok", "", "digest", ids, cost, bare, control=False)


@pytest.fixture(name="record")
def _record() -> Callable[..., Record]:
    return make_record


@pytest.fixture(name="explanation")
def _explanation() -> Callable[..., ExplanationRecord]:
    return make_explanation
