"""A few inputs of every bench are kept, so that a report can show maps beside what they explain."""

import json

from torch import Tensor

from whybench.loading import Bench
from whybench.store import Store

PICTURES = 8
"""How many inputs of a bench are kept."""


def keep_pictures(store: Store, bench: Bench, targets: Tensor) -> None:
    """Keep the first inputs of a bench with their bounds and the names of what is explained, once."""
    if store.pictures(bench.digest) is not None:
        return
    domain, few = bench.model.domain, slice(0, PICTURES)
    inputs, explained = bench.inputs[few], targets[few]
    low = inputs.min() if domain.low is None else domain.low
    high = inputs.max() if domain.high is None else domain.high
    tensors = {
        "inputs": inputs,
        "targets": explained,
        "low": domain.like(low, inputs[:1]),
        "high": domain.like(high, inputs[:1]),
    }
    classes = bench.model.class_names
    facts = {
        "domain": domain.name,
        "ids": json.dumps(bench.ids[few]),
        "target_names": json.dumps([classes[t] if t < len(classes) else str(t) for t in explained.tolist()]),
        "columns": json.dumps(getattr(domain, "columns", ())),
    }
    store.save_pictures(bench.digest, tensors, facts)
