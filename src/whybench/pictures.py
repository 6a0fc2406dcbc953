"""Inputs of every bench are kept, so that a report can show maps beside what they explain."""

import json

from torch import Tensor

from whybench.loading import Bench
from whybench.store import Store

PICTURES = 64
"""How many inputs of a bench are kept, at most."""
FEWEST = 8
"""How many are kept however large they are."""
ROOM = 8 << 20
"""Bytes that more than the fewest may take."""


def keep_pictures(store: Store, bench: Bench, targets: Tensor) -> None:
    """Keep the first inputs of a bench with their bounds, and the names of their labels and of what is explained, once.

    As many as there is `ROOM` for, at least `FEWEST` and at most `PICTURES`.
    """
    if store.pictures(bench.digest) is not None:
        return
    domain, few = bench.model.domain, slice(0, _kept(bench.inputs))
    inputs, explained = bench.inputs[few], targets[few]
    low = inputs.min() if domain.low is None else domain.low
    high = inputs.max() if domain.high is None else domain.high
    tensors = {
        "inputs": inputs,
        "targets": explained,
        "low": domain.like(low, inputs[:1]),
        "high": domain.like(high, inputs[:1]),
    }
    facts = {
        "domain": domain.name,
        "output": bench.model.output,
        "ids": json.dumps(bench.ids[few]),
        "target_names": json.dumps(_named(bench, explained)),
        "label_names": json.dumps(_named(bench, bench.labels[few])),
        "columns": json.dumps(getattr(domain, "columns", ())),
    }
    store.save_pictures(bench.digest, tensors, facts)


def _kept(inputs: Tensor) -> int:
    each = max(1, inputs[0].numel() * inputs.element_size()) if len(inputs) else 1
    return max(FEWEST, min(PICTURES, ROOM // each))


def _named(bench: Bench, answers: Tensor) -> list[str]:
    """Classes by name where they have one, numbers as they are."""
    names = bench.model.class_names
    return [
        names[answer] if isinstance(answer, int) and 0 <= answer < len(names) else f"{answer:g}"
        for answer in answers.tolist()
    ]
