"""Records as rows of text, each with a digest of its own, and back."""

import json
from dataclasses import asdict
from hashlib import sha256
from typing import Any

import numpy as np
import torch
from torch import Tensor

from whybench.digests import canonical_json
from whybench.passes import Passes
from whybench.records import Cost, CurveArrays, ExplanationRecord, Record, SampleScore, Subject


def seal(*parts: Any) -> str:
    """The sha256 that is stored beside a row."""
    return sha256(canonical_json(list(parts)).encode()).hexdigest()


def explanation_body(record: ExplanationRecord) -> str:
    """All of an explanation record but its key and payload."""
    body = asdict(record)
    del body["key"], body["digest"]
    return canonical_json(body)


def read_explanation(key: str, digest: str | None, body: str) -> ExplanationRecord:
    """The inverse of `explanation_body`."""
    fields = json.loads(body)
    learned = fields.pop("preparation", None)
    return ExplanationRecord(
        key=key,
        digest=digest,
        subject=Subject(**fields.pop("subject")),
        cost=Cost(**fields.pop("cost")),
        preparation=None if learned is None else Cost(**learned),
        needed=_passes(fields.pop("needed", None)),
        sample_ids=tuple(fields.pop("sample_ids")),
        **fields,
    )


def cell_body(record: Record) -> str:
    """All of a cell's record but its key, status, samples, curves and shared cost."""
    return canonical_json(
        {
            "subject": asdict(record.subject),
            "metric": record.metric,
            "metric_parameters": record.metric_parameters,
            "family": record.family,
            "higher_is_better": record.higher_is_better,
            "trivial": record.trivial,
            "control": record.control,
            "leak": record.leak,
            "headline": record.headline,
            "reason": record.reason,
            "own": asdict(record.own),
            "needed": None if record.needed is None else asdict(record.needed),
        }
    )


def read_cell(
    key: str, status: Any, body: str, samples: list[SampleScore], shared: Cost, curves: CurveArrays | None
) -> Record:
    """The inverse of `cell_body`, with what is kept elsewhere."""
    fields = json.loads(body)
    return Record(
        key=key,
        subject=Subject(**fields.pop("subject")),
        own=Cost(**fields.pop("own")),
        needed=_passes(fields.pop("needed", None)),
        status=status,
        samples=tuple(samples),
        shared=shared,
        curves=curves,
        **fields,
    )


def _passes(fields: dict[str, float] | None) -> Passes | None:
    return None if fields is None else Passes(**fields)


def score_row(position: int, sample: SampleScore) -> dict[str, Any]:
    """One sample's score as a row, without its cell."""
    return {
        "position": position,
        "sample_id": sample.sample_id,
        "score": None if sample.score is None else sample.score + 0.0,  # a database may forget the sign of -0.0
        "status": sample.status,
        "reason": sample.reason,
        "correct": sample.correct,
        "details": canonical_json(sample.details),
    }


def read_score(row: dict[str, Any]) -> SampleScore:
    """The inverse of `score_row`."""
    return SampleScore(
        sample_id=row["sample_id"],
        score=row["score"],
        status=row["status"],
        reason=row["reason"],
        correct=row["correct"],
        details=json.loads(row["details"]),
    )


def curve_tensors(curves: CurveArrays) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Curves as tensors and facts."""
    tensors = {
        "x": torch.from_numpy(np.ascontiguousarray(curves.x)),
        "y": torch.from_numpy(np.ascontiguousarray(curves.y)),
    }
    return tensors, {"x_name": curves.x_name, "y_name": curves.y_name}


def read_curves(tensors: dict[str, Tensor], facts: dict[str, str]) -> CurveArrays:
    """The inverse of `curve_tensors`."""
    return CurveArrays(tensors["x"].numpy(), tensors["y"].numpy(), facts["x_name"], facts["y_name"])
