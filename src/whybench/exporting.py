"""What any outside program needs to recompute a board: Parquet tables and safetensors, nothing else."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
from safetensors.torch import save_file

from whybench.digests import canonical_json
from whybench.leaderboard import Leaderboard
from whybench.records import Cost, ExplanationRecord, Record, Subject
from whybench.store import Store
from whybench.timing import timing_profile


def export(store: Store, to: Path, suite: str | None = None) -> dict[str, int]:
    """Write `scores.parquet`, `curves.parquet`, `costs.parquet`, `explanations.parquet` and `explanations/`.

    Where something was timed, `timings.parquet` too. Returns the number of rows of each. Rows are in the order of the
    plan; the files hold no time stamps, so that equal scores give equal bytes.
    """
    records, made = store.records(suite), store.explanation_records(suite)
    frames = {
        "scores": Leaderboard(records, made).scores,
        "curves": curves_frame(records),
        "costs": costs_frame(records, made),
        "explanations": explanations_frame(made),
    }
    timings = timing_profile(store, suite)
    if len(timings):
        frames["timings"] = timings
    (to / "explanations").mkdir(parents=True, exist_ok=True)
    for name, frame in frames.items():
        frame.to_parquet(to / f"{name}.parquet", index=False)
    for record in made:
        found = store.explanation(record.key)
        if record.digest is None or found is None or found[1] is None:
            continue
        facts = {**found[1].facts(), "kind": found[1].kind, "sample_ids": json.dumps(record.sample_ids)}
        tensors = {name: tensor.contiguous() for name, tensor in found[1].tensors().items()}
        save_file(tensors, to / "explanations" / f"{record.digest}.safetensors", metadata=facts)
    return {name: len(frame) for name, frame in frames.items()}


def curves_frame(records: list[Record]) -> pd.DataFrame:
    """One row a point of a curve."""
    parts = []
    for record in records:
        if record.curves is None:
            continue
        samples, points = record.curves.x.shape
        parts.append(
            pd.DataFrame(
                {
                    **_address(record.subject),
                    "metric": record.metric,
                    "parameters": record.parameters,
                    "sample_id": np.repeat([s.sample_id for s in record.samples], points),
                    "point": np.tile(np.arange(points), samples),
                    "x": record.curves.x.ravel(),
                    "y": record.curves.y.ravel(),
                    "x_name": record.curves.x_name,
                    "y_name": record.curves.y_name,
                }
            )
        )
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def costs_frame(records: list[Record], made: list[ExplanationRecord]) -> pd.DataFrame:
    """One row an explanation and one a cell: samples forward and backward, seconds, peak memory."""
    rows: list[dict[str, object]] = [
        {
            "what": "explanation",
            **_address(e.subject),
            "metric": "",
            "parameters": canonical_json({"method": e.subject.method_parameters}),
            "samples": len(e.sample_ids),
            **_cost(e.cost),
            "shared_forward": 0.0,
            "shared_wall_seconds": 0.0,
            "bare_seconds": e.bare_seconds,
        }
        for e in made
    ]
    rows += [
        {
            "what": "cell",
            **_address(r.subject),
            "metric": r.metric,
            "parameters": r.parameters,
            "samples": len(r.samples),
            **_cost(r.own),
            "shared_forward": float(r.shared.forward),
            "shared_wall_seconds": r.shared.wall_seconds,
            "bare_seconds": None,
        }
        for r in records
    ]
    return pd.DataFrame(rows)


def explanations_frame(made: list[ExplanationRecord]) -> pd.DataFrame:
    """Which file belongs to which explanation."""
    rows = [
        {
            **_address(e.subject),
            "parameters": canonical_json({"method": e.subject.method_parameters}),
            "status": e.status,
            "reason": e.reason,
            "digest": e.digest,
            "file": f"explanations/{e.digest}.safetensors" if e.digest else None,
        }
        for e in made
    ]
    return pd.DataFrame(rows)


def _address(subject: Subject) -> dict[str, str]:
    return {
        "kind": subject.kind,
        "suite": subject.suite,
        "dataset": subject.dataset,
        "model": subject.model,
        "method": subject.method,
    }


def _cost(cost: Cost) -> dict[str, float | int | None]:
    return {
        "forward": float(cost.forward),
        "backward": float(cost.backward),
        "wall_seconds": cost.wall_seconds,
        "cpu_seconds": cost.cpu_seconds,
        "peak_bytes": cost.peak_bytes,
    }
