"""From a block's names to what runs: the model, inputs, targets and digests."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from whybench import registries
from whybench.digests import json_digest, source_digest, tensors_digest
from whybench.errors import BadInput, UsageError
from whybench.parameters import parameters
from whybench.protocols import Dataset, DatasetLoader, Model, ModelLoader
from whybench.protocols.asking import wrap
from whybench.protocols.dataset import stack
from whybench.registry import Registry
from whybench.resolver import resolve
from whybench.suite import Block, DatasetLike, ModelLike, TargetPolicy


@dataclass(frozen=True, eq=False)
class Bench:
    """A model and the samples that it is asked about, on the device where it runs.

    given_targets: explained classes that the caller fixed, or None for the block's policy; digest: of all that can
    change an answer (weights, data, domain, target policy), apart from methods, metrics and the batch plan.
    """

    model: Model
    inputs: Tensor
    labels: Tensor
    ids: tuple[str, ...]
    dataset: str
    policy: TargetPolicy
    given_targets: Tensor | None
    digest: str


def load(block: Block, device: str) -> Bench:
    """Load a block's model and data; raises UsageError or BadInput, naming what is wrong, where they do not fit."""
    dataset = load_dataset(block.dataset)
    if block.samples is not None:
        dataset = dataset.take(block.samples)
    found = load_model(block.model)
    if isinstance(found, nn.Module):
        inputs = stack([torch.as_tensor(s) for s in dataset.samples])
        model = wrap(found, inputs, name=block.model_name)
    else:
        model = found
        inputs = stack([model.preprocess(sample) for sample in dataset.samples])
    facts: list[Any] = [
        model.digest,
        _domain_facts(model),
        model.output,
        dict(model.layers),
        dataset.digest,
        block.target,
    ]
    facts += [_source(registries.models, block.model), _source(registries.datasets, block.dataset)]
    facts.append(tensors_digest({"inputs": inputs}))
    if block.target == "label" and model.output == "classes" and dataset.labels.is_floating_point():
        raise BadInput(f"target='label', but the labels of {dataset.name!r} are {dataset.labels.dtype}, no classes")
    place = torch.device(device)
    model.module.to(place)
    inputs = inputs.to(place)
    if model.channels_last:
        inputs = inputs.contiguous(memory_format=torch.channels_last)
    return Bench(
        model=model,
        inputs=inputs,
        labels=dataset.labels.to(place),
        ids=dataset.ids,
        dataset=dataset.name,
        policy=block.target,
        given_targets=None,
        digest=json_digest(facts),
    )


def load_model(thing: ModelLike) -> Model | nn.Module:
    """A model from a spec, a loader, a Model, a module, or a function that makes one of these."""
    found = _made(resolve(registries.models, thing) if isinstance(thing, str) else thing)
    found = found.load() if isinstance(found, ModelLoader) else found
    if not isinstance(found, Model | nn.Module):
        raise UsageError(f"{thing!r} is no model: expected a name, a Model, a torch.nn.Module or a function making one")
    return found


def load_dataset(thing: DatasetLike) -> Dataset:
    """A dataset from a spec, a loader, a Dataset, or a function that makes one of these."""
    found = _made(resolve(registries.datasets, thing) if isinstance(thing, str) else thing)
    found = found.load() if isinstance(found, DatasetLoader) else found
    if not isinstance(found, Dataset):
        raise UsageError(f"{thing!r} is no dataset: expected a name, a Dataset or a function making one")
    return found


def _made(found: Any) -> Any:
    """Call a class or a plain function without arguments; leave everything else."""
    if isinstance(found, type) or (isinstance(found, Callable) and not isinstance(found, nn.Module)):  # type: ignore[arg-type]
        return found()
    return found


def _domain_facts(model: Model) -> dict[str, Any]:
    return {"domain": model.domain.name, **parameters(model.domain)}


def _source(registry: Registry[Any], thing: Any) -> str | None:
    """The digest of a user's own code behind a model or dataset."""
    if isinstance(thing, str):
        return source_digest(resolve(registry, thing)) if ":" in thing else None
    return source_digest(thing) if isinstance(thing, ModelLoader | DatasetLoader) else None


def bench_digest(model: Model, inputs: Tensor, labels: Tensor, targets: Tensor, ids: tuple[str, ...]) -> str:
    """The digest of a bench that was made from tensors at hand."""
    tensors = {"inputs": inputs, "labels": labels, "targets": targets}
    return json_digest([model.digest, _domain_facts(model), model.output, list(ids), tensors_digest(tensors)])
