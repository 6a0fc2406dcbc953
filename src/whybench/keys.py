"""Keys: the sha256 of everything that can change a value, and of nothing else."""

from collections.abc import Callable, Collection, Mapping
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

Version = Callable[[str], str]
"""The version of a library by its name: the installed one, or the one that a published result was made with."""


def explanation_key(bench: Bench, plan: BatchPlan, entry: Entry, seed: int) -> str:
    """The key of one method's explanation of all samples of a bench, under the name that boards show."""
    learned = _learned(bench, entry.method.needs)
    return named_explanation(bench.digest, asdict(plan), entry.label, component(entry.method), seed, learned)


def named_explanation(
    bench: str,
    plan: Mapping[str, Any],
    label: str,
    method: Mapping[str, Any],
    seed: int,
    learned: Mapping[str, str],
    version: Version = library_version,
) -> str:
    """`explanation_key` from what it names alone: the bench's digest, and the method as `component` says it."""
    return json_digest(
        {
            **learned,
            "bench": bench,
            "plan": dict(plan),
            "label": label,
            "method": dict(method),
            "seed": seed,
            "protocol": PROTOCOL,
            "libraries": _versions(ENGINE, version),
        }
    )


def preparation_key(bench: Bench, plan: BatchPlan, method: Method[Any], seed: int) -> str:
    """The key of what a method learned of a bench's model."""
    model = bench.model
    facts = {
        "model": [model.digest, domain_facts(model), model.output, dict(model.layers)],
        "plan": asdict(plan),
        "method": component(method),
        "seed": seed,
    }
    return json_digest({**facts, **_learned(bench, method.needs), "protocol": PROTOCOL, "libraries": _versions(ENGINE)})


def shared_key(bench: Bench, plan: BatchPlan, request: Artifact, seed: int) -> str:
    """The key of what metrics of all methods read off one bench."""
    facts = {"bench": bench.digest, "plan": asdict(plan), "artifact": component(request), "seed": seed}
    facts |= _learned(bench, bench.model.capabilities)
    return json_digest({**facts, "protocol": PROTOCOL, "libraries": _versions(ENGINE)})


def artifact_key(bench: Bench, explanation: str, request: Artifact) -> str:
    """The key of what several metrics read off one explanation."""
    facts = {"explanation": explanation, "artifact": component(request)}
    return json_digest({**facts, **_learned(bench, request.needs)})


def cell_key(bench: Bench, explanation: str, metric: Metric[Any]) -> str:
    """The key of one metric's scores of one explanation."""
    return named_cell(explanation, component(metric), _learned(bench, metric.needs))


def named_cell(explanation: str, metric: Mapping[str, Any], learned: Mapping[str, str]) -> str:
    """`cell_key` from what it names alone: the metric as `component` says it."""
    return json_digest({"explanation": explanation, "metric": dict(metric), **learned})


def plan_key(bench: Bench, device: str, rows: int | None) -> str:
    """The key of a batch plan: one a model, input shape, device and forced batch size."""
    shape = list(bench.inputs.shape[1:])
    return json_digest([bench.model.name, bench.model.digest, shape, str(bench.inputs.dtype), device, rows])


def _learned(bench: Bench, needs: Collection[str]) -> dict[str, str]:
    """The digests of what the model was trained on, for what needs to know it."""
    known = {"training": bench.model.training, "retraining": bench.model.retraining}
    return {name: data.digest for name, data in known.items() if data is not None and name in needs}


def component(thing: Any, version: Version = library_version) -> dict[str, Any]:
    """A method, metric or artifact as keys name it: name, parameters, a user's own source, its libraries' versions."""
    function = getattr(thing, "function", None)
    facts = {
        "name": thing.name,
        "parameters": parameters(thing),
        "source": source_digest(function or thing),
        "libraries": _versions(getattr(thing, "libraries", ()), version),
    }
    return facts if function is None else {**facts, "bindings": bindings(function)}


def _versions(names: tuple[str, ...], version: Version = library_version) -> dict[str, str]:
    return {name: version(name) for name in names}
