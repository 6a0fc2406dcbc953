"""Worlds under noise: the same question put to slightly, or to utterly, other inputs and weights."""

from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor

from whybench.errors import BadParameter, shown
from whybench.protocols.asking import predict
from whybench.streams import Streams
from whybench.validity.world import World


@dataclass(frozen=True)
class Noise:
    """Noise on inputs or on weights.

    on: `inputs`, x + U(-size, size), cut off at the domain's bounds; `weights`, theta (1 + size N(0, 1));
    size: in units of the input, or as a share of each weight; disruptive: whether answers are meant to change: samples
    on which they do not are left out, else those on which they do.
    """

    on: Literal["inputs", "weights"]
    size: float
    disruptive: bool

    def __post_init__(self) -> None:
        if self.on not in ("inputs", "weights") or not self.size > 0:
            raise BadParameter(
                f"noise on {shown(self.on)} of size {shown(self.size)}; inputs or weights, and a size > 0"
            )


def perturbed(world: World, noise: Noise, draw: int, seed: int = 0) -> tuple[World, Tensor]:
    """The world under one draw of noise, and which samples count: (n,) bool. What is explained stays the same class.

    The new world's `worth` is the old one's and true no longer.
    """
    streams = Streams(seed)
    if noise.on == "inputs":
        changed = replace(world, inputs=_inputs(world, noise, streams, draw))
    else:
        module = deepcopy(world.model.module)
        for name, weight in module.named_parameters():
            drawn = streams.normal("validity/weights", name, draw, tuple(weight.shape)).to(weight)
            weight.data = weight * (1 + noise.size * drawn)
        changed = replace(world, model=world.model.with_module(module))
    answers = predict(changed.model, changed.inputs, 256).argmax(1)
    return changed, (answers != world.targets) == noise.disruptive


def _inputs(world: World, noise: Noise, streams: Streams, draw: int) -> Tensor:
    shape = tuple(world.inputs.shape[1:])
    drawn = torch.stack([2 * streams.uniform("validity/inputs", i, draw, shape) - 1 for i in world.ids])
    moved = world.inputs + noise.size * drawn.to(world.inputs)
    domain = world.model.domain
    if domain.low is not None:
        moved = torch.maximum(moved, domain.like(domain.low, moved))
    return moved if domain.high is None else torch.minimum(moved, domain.like(domain.high, moved))
