"""The models, samples and methods on which metrics are held beside each other."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import torch

from whybench.cases import Memory, open_case
from whybench.loading import load
from whybench.protocols import Case
from whybench.suite import block, method

METHODS = (
    "gradient",
    "input_x_gradient",
    "integrated_gradients(steps=16)",
    "smooth_grad(samples=8)",
    "lrp",
    "random",
)


@dataclass(frozen=True)
class World:
    """A built-in model and dataset, how many of its samples, the methods whose maps are judged, and the precision."""

    model: str
    dataset: str
    samples: int
    methods: tuple[str, ...]
    target: str = "predicted"
    dtype: torch.dtype = torch.float64


WORLDS: Mapping[str, World] = {
    "digits": World("digits_cnn", "digits", 24, METHODS),
    "patches": World("patch_cnn", "planted_patches", 24, METHODS, target="label"),
    "mosaics": World("mosaic_cnn", "digit_mosaics", 24, METHODS, target="label"),
    "photographs": World(
        "efficientnet_lite0",
        "imagenet_photos",
        2,
        ("gradient", "input_x_gradient", "random"),
        dtype=torch.float32,
    ),
}


@cache
def opened(world: str, samples: int | None = None) -> dict[str, Case[Any]]:
    """The case of every method of a world, each explained once; `samples` of them where it is said."""
    of = WORLDS[world]
    bench = load(block(of.model, of.dataset, [], [], samples=samples or of.samples, target=of.target), "cpu")
    model = bench.model.with_module(copy.deepcopy(bench.model.module).to(of.dtype))
    inputs = bench.inputs.to(of.dtype)
    targets = bench.labels if of.target == "label" else answers(model.module, inputs)
    return {
        spec: open_case(method(spec), model, inputs, targets, ids=bench.ids, labels=bench.labels, truth=bench.truth)
        for spec in of.methods
    }


def answers(module: torch.nn.Module, inputs: torch.Tensor) -> torch.Tensor:
    """The predicted classes."""
    with torch.no_grad():
        return module.eval()(inputs).argmax(1)


def unshared(case: Case[Any]) -> Case[Any]:
    """The same case with no artifact known yet, so that a metric pays for its own."""
    memory = Memory()
    memory.case = replace(case, fetch=memory.fetch)
    return memory.case
