"""The columns of the exported tables, the same for every store, also where a table is empty."""

import pyarrow as pa

TEXT, WHOLE, REAL = pa.string(), pa.int64(), pa.float64()

_BLOCK = [("kind", TEXT), ("suite", TEXT), ("dataset", TEXT), ("model", TEXT), ("method", TEXT)]
_CELL = [*_BLOCK, ("metric", TEXT), ("parameters", TEXT)]
_ORIGIN = [("seed", WHOLE), ("protocol", WHOLE)]

SCORES = pa.schema([*_CELL, ("sample_id", TEXT), ("score", REAL), ("status", TEXT), ("reason", TEXT), *_ORIGIN])

CURVES = pa.schema(
    [*_CELL, ("sample_id", TEXT), ("point", WHOLE), ("x", REAL), ("y", REAL), ("x_name", TEXT), ("y_name", TEXT)]
)

COSTS = pa.schema(
    [
        ("what", TEXT),
        *_CELL,
        ("samples", WHOLE),
        ("forward", REAL),
        ("backward", REAL),
        ("wall_seconds", REAL),
        ("cpu_seconds", REAL),
        ("peak_bytes", WHOLE),
        ("shared_forward", REAL),
        ("shared_wall_seconds", REAL),
        ("needed_forward", REAL),
        ("needed_backward", REAL),
        ("bare_seconds", REAL),
        ("bare_gradient_seconds", REAL),
        ("preparation_forward", REAL),
        ("preparation_wall_seconds", REAL),
    ]
)

EXPLANATIONS = pa.schema(
    [
        *_BLOCK,
        ("parameters", TEXT),
        ("status", TEXT),
        ("reason", TEXT),
        ("digest", TEXT),
        ("file", TEXT),
        ("samples", WHOLE),
        *_ORIGIN,
    ]
)
