"""From a block's names to what runs: the model, inputs, targets and digests."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from whybench import registries
from whybench.digests import json_digest, source_digest, tensors_digest
from whybench.errors import BadInput, UsageError, shown
from whybench.foreign import foreign
from whybench.layout import laid_out
from whybench.parameters import parameters
from whybench.protocols import Dataset, DatasetLoader, Model, ModelLoader, Training, Truth
from whybench.protocols.asking import check_tensors, predict, wrap
from whybench.protocols.dataset import stack
from whybench.protocols.model import check_classes, steady
from whybench.protocols.truth import seen_mask
from whybench.registry import Registry
from whybench.resolver import definition, resolve
from whybench.suite import Block, DatasetLike, ModelLike, TargetPolicy


@dataclass(frozen=True, eq=False)
class Bench:
    """A model and the samples that it is asked about, on the device where it runs.

    given_targets: explained classes that the caller fixed, or None for the block's policy; digest: of all that can
    change an answer (weights, data, domain, target policy), apart from methods, metrics and the batch plan; truth:
    where the evidence for the labels lies, where that is known.
    """

    model: Model
    inputs: Tensor
    labels: Tensor
    ids: tuple[str, ...]
    dataset: str
    policy: TargetPolicy
    given_targets: Tensor | None
    digest: str
    truth: Truth | None = None

    def in_layout(self, channels_last: bool) -> "Bench":
        """The same bench, its images in a memory layout; itself where its model declares that one."""
        if self.model.channels_last == channels_last:
            return self
        model = replace(self.model, channels_last=channels_last)
        return replace(self, model=model, inputs=laid_out(self.inputs, channels_last))


def load(block: Block, device: str) -> Bench:
    """Load a block's model and data; raises UsageError or BadInput, naming what is wrong, where they do not fit."""
    place = usable(device)
    dataset = load_dataset(block.dataset)
    if block.samples is not None:
        dataset = dataset.take(block.samples)
    found = load_model(block.model)
    with foreign(f"dataset {dataset.name!r} does not fit model {block.model_name!r}"):
        model, inputs = _brought_together(found, block.model_name, dataset, place)
        with steady(model.module):
            classes = predict(model, inputs[:1], 1).shape[1]
        model.domain.check(tuple(inputs.shape))
        truth = _truth(model, dataset)
    facts: list[Any] = [
        model.digest,
        domain_facts(model),
        model.output,
        dict(model.layers),
        dataset.digest,
        block.target,
    ]
    facts += [_source(registries.models, block.model), _source(registries.datasets, block.dataset)]
    facts.append(tensors_digest({"inputs": inputs}))
    if truth is not None:
        facts.append(tensors_digest(truth.tensors()))
    if block.target == "label" and model.output == "classes":
        if dataset.labels.is_floating_point():
            raise BadInput(f"target='label', but the labels of {dataset.name!r} are {dataset.labels.dtype}, no classes")
        check_classes(dataset.labels, classes)
    return Bench(
        model=model,
        inputs=inputs,
        labels=dataset.labels.to(place),
        ids=dataset.ids,
        dataset=dataset.name,
        policy=block.target,
        given_targets=None,
        digest=json_digest(facts),
        truth=None if truth is None else truth.to(place),
    )


def _truth(model: Model, dataset: Dataset) -> Truth | None:
    """The dataset's ground truth as the model sees the samples."""
    if dataset.masks is None:
        return None
    pairs = zip(dataset.samples, dataset.masks, strict=True)
    seen = (seen_mask(model, sample, np.asarray(mask)) for sample, mask in pairs)
    return Truth(stack(seen, len(dataset)), dataset.difficult)


def usable(device: str) -> torch.device:
    """A device by name; raises UsageError where it is unknown or not there."""
    try:
        return torch.empty(0, device=device).device
    except (AssertionError, NotImplementedError, RuntimeError) as error:
        reason = str(error).partition("\n")[0]
        raise UsageError(
            f"device {device!r} cannot be used here ({reason}); use cpu, or ask whybench doctor"
        ) from error


def load_model(thing: ModelLike) -> Model | nn.Module:
    """A model from a spec, a loader, a Model, a module, or a function that makes one of these."""
    found = _made("model", registries.models, thing)
    if not isinstance(found, Model | nn.Module):
        raise UsageError(
            f"{shown(thing)} is no model: expected a name, a Model, a torch.nn.Module or a function making one"
        )
    return found


def load_dataset(thing: DatasetLike) -> Dataset:
    """A dataset from a spec, a loader, a Dataset, or a function that makes one of these."""
    found = _made("dataset", registries.datasets, thing)
    if not isinstance(found, Dataset):
        raise UsageError(f"{shown(thing)} is no dataset: expected a name, a Dataset or a function making one")
    return found


def _made(sort: str, registry: Registry[Any], thing: Any) -> Any:
    """What a spec, a loader or a function without arguments makes; everything else as it is."""
    found = resolve(registry, thing) if isinstance(thing, str) else thing
    with foreign(f"{sort} {shown(thing)} cannot be loaded"):
        if callable(found) and not isinstance(found, nn.Module):
            found = found()
        return found.load() if isinstance(found, ModelLoader | DatasetLoader) else found


def _brought_together(
    found: Model | nn.Module, name: str, dataset: Dataset, place: torch.device
) -> tuple[Model, Tensor]:
    """The model and all preprocessed samples, on a device and in the model's memory layout."""
    if isinstance(found, Model):
        seen = (found.preprocess(sample) for sample in dataset.samples)
        model, inputs = found, stack(seen, len(dataset), channels_last=bool(found.channels_last))
    else:
        inputs = stack((torch.as_tensor(sample) for sample in dataset.samples), len(dataset))
        model = _as_it_is(found, inputs, name, dataset)
    check_tensors(model.module)
    model.module.to(place)
    inputs = inputs.to(place)
    if dataset.training is not None and model.training is None:
        learned = stack((model.preprocess(sample) for sample in dataset.training.samples), len(dataset.training))
        model = replace(model, training=Training(learned, dataset.training.labels).to(inputs))
    return model, model.laid_out(inputs)


def _as_it_is(module: nn.Module, inputs: Tensor, name: str, dataset: Dataset) -> Model:
    """A plain module that is given a dataset's samples without any preprocessing."""
    shape, dtype = tuple(inputs.shape), str(inputs.dtype).removeprefix("torch.")
    domain, step = {2: ("TabularDomain()", ""), 3: ("ImageDomain()", "[None]")}.get(
        inputs.ndim, ("ImageDomain()", ".permute(2, 0, 1)")
    )
    saying = (
        f"module {name!r} gets the samples of dataset {dataset.name!r} as they are, {shape} {dtype}; where it needs "
        "other inputs, name a function that returns a whybench.protocols.Model, whose preprocess makes one input of "
        f"one sample {shape[1:]}, say "
        f"Model('mine', module, {domain}, preprocess=lambda s: torch.as_tensor(s).float(){step})"
    )
    if inputs.ndim not in (2, 4):
        raise BadInput(f"{saying}. Images are (n, channels, height, width), tables (n, columns)")
    with foreign(saying):
        return wrap(module, inputs, name=name)


def domain_facts(model: Model) -> dict[str, Any]:
    """A model's domain by name and parameters."""
    return {"domain": model.domain.name, **parameters(model.domain)}


def _source(registry: Registry[Any], thing: Any) -> str | None:
    """The digest of a user's own code behind a model or dataset."""
    if isinstance(thing, str):
        return source_digest(definition(registry, thing))
    return source_digest(thing) if isinstance(thing, ModelLoader | DatasetLoader) else None


def bench_digest(
    model: Model, inputs: Tensor, labels: Tensor, targets: Tensor, ids: tuple[str, ...], truth: Truth | None = None
) -> str:
    """The digest of a bench that was made from tensors at hand."""
    tensors = {"inputs": inputs, "labels": labels, "targets": targets, **({} if truth is None else truth.tensors())}
    return json_digest([model.digest, domain_facts(model), model.output, list(ids), tensors_digest(tensors)])
