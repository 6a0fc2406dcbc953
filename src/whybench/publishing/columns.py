"""The columns of the records as they are published: everything that a board is computed from."""

import pyarrow as pa

TEXT, WHOLE, REAL, TRUTH = pa.string(), pa.int64(), pa.float64(), pa.bool_()

COSTS = (("forward", REAL), ("backward", REAL), ("wall_seconds", REAL), ("cpu_seconds", REAL), ("peak_bytes", WHOLE))
NEEDED = (("needed_forward", REAL), ("needed_backward", REAL))
SUBJECT = (
    ("kind", TEXT),
    ("dataset", TEXT),
    ("model", TEXT),
    ("method", TEXT),
    ("method_parameters", TEXT),
    ("seed", WHOLE),
    ("protocol", WHOLE),
)


def _cost(prefix: str) -> list[tuple[str, pa.DataType]]:
    return [(f"{prefix}_{name}", sort) for name, sort in COSTS]


CELLS = pa.schema(
    [
        ("key", TEXT),
        ("explanation", TEXT),
        *SUBJECT,
        ("metric", TEXT),
        ("metric_parameters", TEXT),
        ("family", TEXT),
        ("higher_is_better", TRUTH),
        ("trivial", TRUTH),
        ("control", TRUTH),
        ("leak", TRUTH),
        ("headline", TRUTH),
        ("status", TEXT),
        ("reason", TEXT),
        *_cost("own"),
        *_cost("shared"),
        *NEEDED,
    ]
)
"""One row a cell; its samples are in SAMPLES, the curves behind them in the table that `export` writes."""

SAMPLES = pa.schema(
    [
        ("cell", TEXT),
        ("position", WHOLE),
        ("sample_id", TEXT),
        ("score", REAL),
        ("status", TEXT),
        ("reason", TEXT),
        ("correct", TRUTH),
        ("details", TEXT),
    ]
)
"""One row a sample of a cell."""

EXPLAINED = pa.schema(
    [
        ("key", TEXT),
        *SUBJECT,
        ("status", TEXT),
        ("reason", TEXT),
        ("digest", TEXT),
        ("bench", TEXT),
        ("plan", TEXT),
        ("sample_ids", TEXT),
        ("control", TRUTH),
        *_cost("own"),
        *_cost("preparation"),
        *NEEDED,
        ("bare_seconds", REAL),
        ("bare_gradient_seconds", REAL),
    ]
)
"""One row an explanation; digest: of its tensors, which are not published."""

RECORDS = {"cell_records": CELLS, "sample_records": SAMPLES, "explanation_records": EXPLAINED}
"""The tables by the names of their files."""
