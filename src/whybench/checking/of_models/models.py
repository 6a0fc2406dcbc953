"""The clauses of models."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from whybench import registries
from whybench.checking.clause import Broken, Inapplicable, clause, insist
from whybench.checking.traces import changes, generators, of_inputs, of_module
from whybench.checking.trial import insist_same
from whybench.loading import load_model
from whybench.protocols import Model
from whybench.protocols.asking import predict
from whybench.suite import ModelLike

SAMPLES = 6


def loaded(thing: ModelLike) -> Model:
    found = load_model(thing)
    if not isinstance(found, Model):
        raise Broken(f"{type(found).__name__} is a bare module, which does not say what its inputs are")
    return found


def inputs_of(thing: ModelLike, model: Model) -> Tensor:
    """A few inputs: what it was trained on, or the first dataset of its name or domain that it takes."""
    for known in (model.training, model.retraining):
        if known is not None:
            return known.inputs[:SAMPLES].clone()
    options = [{"design": thing.design}, {}] if hasattr(thing, "design") else [{}]
    for name in sorted(registries.datasets, key=lambda name: name != getattr(thing, "name", "")):
        loader: Callable[..., Any] = registries.datasets[name]
        for given in options:
            try:
                samples = loader(**given).load().samples[:SAMPLES]
                inputs = torch.stack([model.preprocess(sample) for sample in samples])
                predict(model, inputs[:1])
            except Exception:
                continue
            return inputs
    raise Inapplicable("no training data and no registered dataset that it takes")


@clause(
    1,
    "model",
    "shape and device",
    "Inputs (n, ...) give logits (n, classes) or scalars (n,), finite, one name a class where classes are named.",
    "return one row a sample; set output='scalar' for a regression",
)
def outputs(thing: ModelLike) -> None:
    model = loaded(thing)
    inputs = inputs_of(thing, model)
    found = predict(model, inputs)
    classes = len(model.class_names) or found.shape[1]
    insist(found.shape == (len(inputs), classes), f"outputs {tuple(found.shape)}, {classes} class names")


@clause(
    3,
    "model",
    "determinism",
    "Loaded twice it has the same weights, and asked twice the same outputs.",
    "seed the training, or read the weights from a file with a digest",
)
def same_again(thing: ModelLike) -> None:
    one, other = loaded(thing), loaded(thing)
    insist(one.digest == other.digest, f"digest {one.digest[:12]}, then {other.digest[:12]}")
    inputs = inputs_of(thing, one)
    insist_same(predict(one, inputs), predict(one, inputs), 0.0, ("the second time", "the first"))


@clause(
    5,
    "model",
    "random-state isolation",
    "Loading it and asking it leave the global generators as they were.",
    "make modules on the meta device, or inside torch.random.fork_rng()",
)
def generators_untouched(thing: ModelLike) -> None:
    before = generators()
    model = loaded(thing)
    moved = changes(before, generators())
    insist(not moved, f"loading moved: {'; '.join(moved)}")
    inputs = inputs_of(thing, model)
    before = generators()
    predict(model, inputs)
    moved = changes(before, generators())
    insist(not moved, f"an answer moved: {'; '.join(moved)}")


@clause(
    6,
    "model",
    "batch invariance",
    "A sample has the same outputs alone and in a batch: to 1e-5 of the largest.",
    "call eval(): batch statistics and dropout make samples depend on their company",
)
def batches(thing: ModelLike) -> None:
    model = loaded(thing)
    inputs = inputs_of(thing, model)
    within = 1e-12 if inputs.dtype == torch.float64 else 1e-5
    insist_same(predict(model, inputs, rows=1), predict(model, inputs), within, ("alone", "in a batch"))


@clause(
    9,
    "model",
    "the model is not changed",
    "It is loaded in eval mode with frozen parameters, and an answer changes neither it nor its inputs.",
    "return module.eval().requires_grad_(False)",
)
def steady(thing: ModelLike) -> None:
    model = loaded(thing)
    training = [name or "the module" for name, part in model.module.named_modules() if part.training]
    insist(not training, f"in train mode: {', '.join(training[:4])}")
    free = [name for name, parameter in model.module.named_parameters() if parameter.requires_grad]
    insist(not free, f"not frozen: {', '.join(free[:4])}")
    inputs = inputs_of(thing, model)
    before = {**of_module(model.module), **of_inputs(inputs)}
    predict(model, inputs)
    found = changes(before, {**of_module(model.module), **of_inputs(inputs)})
    insist(not found, "; ".join(found[:4]))
