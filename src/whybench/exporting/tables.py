"""Records as tables."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa

from whybench.digests import canonical_json, json_digest
from whybench.exporting.schemas import COSTS, CURVES, EXPLANATIONS
from whybench.passes import Passes
from whybench.records import Cost, ExplanationRecord, Record, Subject


def curves_table(records: Sequence[Record]) -> pa.Table:
    """One row a point of a curve."""
    parts = [_curve_points(record) for record in records if record.curves is not None]
    points = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=CURVES.names)
    return pa.Table.from_pandas(points, CURVES, preserve_index=False)


def costs_table(records: Sequence[Record], made: Sequence[ExplanationRecord]) -> pa.Table:
    """One row an explanation and one a cell: samples forward and backward, seconds, peak memory."""
    rows: list[dict[str, object]] = [
        {
            "what": "explanation",
            **_address(e.subject),
            "metric": "",
            "parameters": _method_parameters(e),
            "samples": len(e.sample_ids),
            **_cost(e.cost),
            "shared_forward": 0.0,
            "shared_wall_seconds": 0.0,
            **_needed(e.needed),
            "bare_seconds": e.bare_seconds,
            "bare_gradient_seconds": e.bare_gradient_seconds,
            "preparation_forward": None if e.preparation is None else float(e.preparation.forward),
            "preparation_wall_seconds": None if e.preparation is None else e.preparation.wall_seconds,
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
            **_needed(r.needed),
            "bare_seconds": None,
            "bare_gradient_seconds": None,
            "preparation_forward": None,
            "preparation_wall_seconds": None,
        }
        for r in records
    ]
    return pa.Table.from_pylist(rows, COSTS)


def explanations_table(made: Sequence[ExplanationRecord]) -> pa.Table:
    """Which file belongs to which explanation."""
    rows = [
        {
            **_address(e.subject),
            "parameters": _method_parameters(e),
            "status": e.status,
            "reason": e.reason,
            "digest": exported_digest(e),
            "file": explanation_file(e),
            "samples": len(e.sample_ids),
            "seed": e.subject.seed,
            "protocol": e.subject.protocol,
        }
        for e in made
    ]
    return pa.Table.from_pylist(rows, EXPLANATIONS)


def exported_digest(made: ExplanationRecord) -> str | None:
    """The digest of an explanation's tensors together with its sample ids, which the file names too."""
    return None if made.digest is None else json_digest([made.digest, list(made.sample_ids)])


def explanation_file(made: ExplanationRecord) -> str | None:
    """The path of an explanation's file below the folder of the export."""
    return None if made.digest is None else f"explanations/{exported_digest(made)}.safetensors"


def _curve_points(record: Record) -> pd.DataFrame:
    assert record.curves is not None
    samples, points = record.curves.x.shape
    return pd.DataFrame(
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


def _method_parameters(made: ExplanationRecord) -> str:
    return canonical_json({"method": made.subject.method_parameters})


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


def _needed(passes: Passes | None) -> dict[str, float | None]:
    return {
        "needed_forward": None if passes is None else float(passes.forward),
        "needed_backward": None if passes is None else float(passes.backward),
    }
