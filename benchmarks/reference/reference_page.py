"""The page of results/reference/."""

from collections.abc import Iterator, Mapping
from typing import Any

from whybench.testing.tolerances import Tolerance

ABOUT = """# Goldens of our own

Made by `python benchmarks/reference_scores.py`, under protocol {protocol}: every own method and metric on a network of
integers (`tests/references/slow_world.py`), in float64; two metrics once more on its `twins`, which leaves pixels out
and treats others alike, and TreeSHAP on two trees (`slow_trees.py`).

- source `definition`: by a slow reference in `tests/references/`, which is written from the definition and imports
  nothing of whybench; `product`: no such reference is there yet, and the value is what whybench itself gave.
- `reference.json`: scores by sample, and of maps their sums, first values and digest; `maps.safetensors`: all maps;
  `protocols.json`: a digest of each row, its source left out, for every protocol there has been.

`tests/references/test_reference_scores.py` holds the product to them: within {definition} of a sample's largest value
where the source is the definition, {product} where it is the product. A row that changes while the protocol does not
fails, there and in the command.
"""


def page(found: Mapping[str, Any], tolerance: Mapping[str, Tolerance]) -> str:
    limits = {source: f"{one.relative:g}" for source, one in tolerance.items()}
    return "\n".join([ABOUT.format(protocol=found["protocol"], **limits), *_methods(found), "", *_metrics(found), ""])


def _methods(found: Mapping[str, Any]) -> Iterator[str]:
    rows = found["methods"].values()
    yield f"## Methods: {_counted(rows)}"
    yield ""
    yield "| method | source | sums of the three maps |"
    yield "| --- | --- | --- |"
    for row in rows:
        yield f"| `{row['spec']}` | {row['source']} | {', '.join(f'{value:.6g}' for value in row['sums'])} |"


def _metrics(found: Mapping[str, Any]) -> Iterator[str]:
    rows = found["metrics"].values()
    yield f"## Metrics: {_counted(rows)}"
    yield ""
    yield "| metric | method | source | scores |"
    yield "| --- | --- | --- | --- |"
    for row in rows:
        scores = ", ".join("undefined" if value is None else f"{value:.6g}" for value in row["scores"].values())
        network = f" of {row['network']}" if "network" in row else ""
        yield f"| `{row['spec']}` | `{row['method']}`{network} | {row['source']} | {scores} |"


def _counted(rows: Any) -> str:
    sources = [row["source"] for row in rows]
    return f"{sources.count('definition')} by definition, {sources.count('product')} the product's own"
