"""Goldens of our own: python benchmarks/reference_scores.py writes results/reference/.

Every own method and metric on a network of integers, by slow references that know nothing of either. Values that are
known stay as they are unless they differ; where they do, the protocol has to rise first.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent / "reference"))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "references"))

import numpy as np
import torch
from reference_page import page
from reference_rows import Row, method_rows, metric_rows
from safetensors.torch import load, save
from slow_world import IDS, SAMPLES
from torch import Tensor

from whybench.digests import json_digest, tensors_digest
from whybench.records import PROTOCOL
from whybench.testing.differences import maps_differ, scores_differ
from whybench.testing.tolerances import Tolerance

FOLDER = Path(__file__).resolve().parent.parent / "results" / "reference"
TOLERANCE = Tolerance(1e-9, 1e-12)
"""Of what sums in another order moves."""
Facts = dict[str, Any]


def relevance(row: Row) -> Tensor:
    """The maps of a method, by its slow reference."""
    return torch.as_tensor(np.stack([row.reference(i) for i in range(SAMPLES)]))


def scores(row: Row) -> dict[str, float | None]:
    """The scores of a metric by sample, by its slow reference."""
    said = {name: row.reference(i) for i, name in enumerate(IDS)}
    return {name: None if value is None else float(value) for name, value in said.items()}


def map_facts(row: Row, maps: Tensor) -> Facts:
    """What of a map can be read: its sums, its first values, and a digest of all."""
    return {
        "spec": row.spec,
        "shape": list(maps.shape),
        "sums": maps.flatten(1).sum(1).tolist(),
        "first": maps.flatten(1)[:, :4].tolist(),
        "digest": tensors_digest({"relevance": maps}),
    }


def score_facts(row: Row, found: Mapping[str, float | None]) -> Facts:
    asked = {"spec": row.spec, "method": row.method, "scores": dict(found)}
    return asked if row.network == "integers" else {**asked, "network": row.network}


def stored() -> tuple[Facts, dict[str, Tensor]]:
    """What is there: facts of methods and metrics, and the maps."""
    if not (FOLDER / "reference.json").exists():
        return {"protocol": PROTOCOL, "methods": {}, "metrics": {}}, {}
    facts: Facts = json.loads((FOLDER / "reference.json").read_text(encoding="utf-8"))
    return facts, load((FOLDER / "maps.safetensors").read_bytes())


def digests(facts: Facts) -> dict[str, str]:
    """A digest of each row, by which a change of protocol is asked for, but of its source, which rows once named."""
    return {
        f"{sort}/{name}": json_digest({fact: value for fact, value in row.items() if fact != "source"})
        for sort in ("methods", "metrics")
        for name, row in facts[sort].items()
    }


def remade() -> tuple[Facts, dict[str, Tensor], list[str]]:
    """All rows, those that are known as they are within tolerance; and which of those have changed."""
    known, kept = stored()
    found: Facts = {"protocol": PROTOCOL, "methods": {}, "metrics": {}}
    maps: dict[str, Tensor] = {}
    changed = []
    for row in method_rows():
        new, old = relevance(row).contiguous(), kept.get(row.name)
        same = old is not None and not maps_differ(new, old, TOLERANCE)
        maps[row.name] = old if same and old is not None else new
        found["methods"][row.name] = map_facts(row, maps[row.name])
        if row.name in known["methods"] and not same:
            changed.append(f"methods/{row.name}")
    for row in metric_rows():
        values, before = scores(row), known["metrics"].get(row.name)
        same = before is not None and not scores_differ(values, before["scores"], TOLERANCE)
        found["metrics"][row.name] = score_facts(row, before["scores"] if same else values)
        if before is not None and not same:
            changed.append(f"metrics/{row.name}")
    return found, maps, changed


def main() -> None:
    known, _ = stored()
    found, maps, changed = remade()
    if changed and known["protocol"] == PROTOCOL:
        sys.exit(
            f"{', '.join(changed)} would change under protocol {PROTOCOL}: either this is a bug, or records.PROTOCOL "
            "rises, with an entry in CHANGELOG.md under its own heading"
        )
    file = FOLDER / "protocols.json"
    history = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    history[str(PROTOCOL)] = digests(found)
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "maps.safetensors").write_bytes(save(maps))
    for name, value in (("reference.json", found), ("protocols.json", history)):
        (FOLDER / name).write_text(json.dumps(value, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    (FOLDER / "README.md").write_text(page(found, TOLERANCE), encoding="utf-8")


if __name__ == "__main__":
    main()
