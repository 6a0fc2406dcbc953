"""Keys: the sha256 of everything that can change a value, and of nothing else."""

from collections.abc import Collection
from dataclasses import asdict
from typing import Any

from whybench.batch_plan import BatchPlan
from whybench.bindings import bindings
from whybench.digests import json_digest, source_digest
from whybench.environment import library_version
from whybench.loading import Bench, domain_facts
from whybench.parameters import parameters
from whybench.protocols import Artifact, Method, Metric
from whybench.records import PROTOCOL
from whybench.suite import Entry

ENGINE = ("whybench", "torch", "numpy")


def explanation_key(bench: Bench, plan: BatchPlan, entry: Entry, seed: int) -> str:
    """The key of one method's explanation of all samples of a bench, under the name that boards show."""
    return json_digest(
        {
            **_learned(bench, entry.method.needs),
            "bench": bench.digest,
            "plan": asdict(plan),
            "label": entry.label,
            "method": _component(entry.method),
            "seed": seed,
            "protocol": PROTOCOL,
            "libraries": _versions(ENGINE),
        }
    )


def preparation_key(bench: Bench, plan: BatchPlan, method: Method[Any], seed: int) -> str:
    """The key of what a method learned of a bench's model."""
    model = bench.model
    facts = {
        "model": [model.digest, domain_facts(model), model.output, dict(model.layers)],
        "plan": asdict(plan),
        "method": _component(method),
        "seed": seed,
    }
    return json_digest({**facts, **_learned(bench, method.needs), "protocol": PROTOCOL, "libraries": _versions(ENGINE)})


def shared_key(bench: Bench, plan: BatchPlan, request: Artifact, seed: int) -> str:
    """The key of what metrics of all methods read off one bench."""
    facts = {"bench": bench.digest, "plan": asdict(plan), "artifact": _component(request), "seed": seed}
    facts |= _learned(bench, bench.model.capabilities)
    return json_digest({**facts, "protocol": PROTOCOL, "libraries": _versions(ENGINE)})


def artifact_key(bench: Bench, explanation: str, request: Artifact) -> str:
    """The key of what several metrics read off one explanation."""
    facts = {"explanation": explanation, "artifact": _component(request)}
    return json_digest({**facts, **_learned(bench, request.needs)})


def cell_key(bench: Bench, explanation: str, metric: Metric[Any]) -> str:
    """The key of one metric's scores of one explanation."""
    facts = {"explanation": explanation, "metric": _component(metric)}
    return json_digest({**facts, **_learned(bench, metric.needs)})


def plan_key(bench: Bench, device: str, rows: int | None) -> str:
    """The key of a batch plan: one a model, input shape, device and forced batch size."""
    shape = list(bench.inputs.shape[1:])
    return json_digest([bench.model.name, bench.model.digest, shape, str(bench.inputs.dtype), device, rows])


def _learned(bench: Bench, needs: Collection[str]) -> dict[str, str]:
    """The digests of what the model was trained on, for what needs to know it."""
    known = {"training": bench.model.training, "retraining": bench.model.retraining}
    return {name: data.digest for name, data in known.items() if data is not None and name in needs}


def _component(thing: Any) -> dict[str, Any]:
    function = getattr(thing, "function", None)
    facts = {
        "name": thing.name,
        "parameters": parameters(thing),
        "source": source_digest(function or thing),
        "libraries": _versions(getattr(thing, "libraries", ())),
    }
    return facts if function is None else {**facts, "bindings": bindings(function)}


def _versions(names: tuple[str, ...]) -> dict[str, str]:
    return {name: library_version(name) for name in names}
