"""The page of results/reference/."""

from collections.abc import Iterator, Mapping
from typing import Any

from whybench.testing.tolerances import Tolerance

ABOUT = """# Goldens of our own

Made by `python benchmarks/reference_scores.py`, under protocol {protocol}: every own method and metric on a network of
integers (`tests/references/slow_world.py`), in float64; two metrics once more on its `twins`, which leaves pixels out
and treats others alike, and TreeSHAP on two trees (`slow_trees.py`).

- Each value is a slow reference's of `tests/references/`, which is written from the definition and imports nothing of
  whybench.
- `reference.json`: scores by sample, and of maps their sums, first values and digest; `maps.safetensors`: all maps;
  `protocols.json`: a digest of each row for every protocol there has been.

`tests/references/test_reference_scores.py` holds the product to them: within {tolerance:g} of a sample's largest value.
A row that changes while the protocol does not fails, there and in the command.
"""


def page(found: Mapping[str, Any], tolerance: Tolerance) -> str:
    about = ABOUT.format(protocol=found["protocol"], tolerance=tolerance.relative)
    return "\n".join([about, *_methods(found), "", *_metrics(found), ""])


def _methods(found: Mapping[str, Any]) -> Iterator[str]:
    rows = found["methods"].values()
    yield f"## Methods: {_counted(rows)}"
    yield ""
    yield "| method | sums of the three maps |"
    yield "| --- | --- |"
    for row in rows:
        yield f"| `{row['spec']}` | {', '.join(f'{value:.6g}' for value in row['sums'])} |"


def _metrics(found: Mapping[str, Any]) -> Iterator[str]:
    rows = found["metrics"].values()
    yield f"## Metrics: {_counted(rows)}"
    yield ""
    yield "| metric | method | scores |"
    yield "| --- | --- | --- |"
    for row in rows:
        scores = ", ".join("undefined" if value is None else f"{value:.6g}" for value in row["scores"].values())
        network = f" of {row['network']}" if "network" in row else ""
        yield f"| `{row['spec']}` | `{row['method']}`{network} | {scores} |"


def _counted(rows: Any) -> str:
    names = {row["spec"].partition("(")[0] for row in rows}
    return f"{len(names)} in {len(rows)} rows"
