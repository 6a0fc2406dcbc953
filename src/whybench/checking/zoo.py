"""Tiny models, samples of them, and what is known of both: where methods are tried."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn

from whybench.checking.networks import Architecture, Network
from whybench.checking.rewritten_networks import (
    Functional,
    FunctionalLayers,
    InPlaceFunctions,
    InPlaceModules,
    Reused,
    ReusedInPlace,
)
from whybench.checking.small_networks import Additive, Edges, PixelTransformer, linear, mlp
from whybench.domains import ImageDomain, TabularDomain
from whybench.protocols import Model, Training
from whybench.streams import Streams

IDS = ("ant", "bee", "cat", "dog")
CLASSES = 3
HIGH = 3.0
"""Inputs lie between -HIGH and HIGH."""
DEEP = Architecture(norm="batch", kernel=3, stride=1)
"""Convolutions with batch normalisation and a max pool whose windows overlap."""


@dataclass(frozen=True, eq=False)
class Scene:
    """One model of the zoo with samples: built anew for every attempt, so that none sees what another left behind.

    cam: the sub-module that methods look at which need a layer.
    """

    name: str
    model: Model
    inputs: Tensor
    targets: Tensor
    ids: tuple[str, ...] = IDS

    @property
    def module(self) -> nn.Module:
        return self.model.module

    @property
    def cam(self) -> str | None:
        return self.model.layers.get("cam")

    @property
    def exactness(self) -> float:
        """How far two equal maps may lie apart, relative to the largest value."""
        return 1e-12 if self.inputs.dtype == torch.float64 else 1e-5

    def rows(self, chosen: list[int]) -> "Scene":
        """Some of the samples, in that order."""
        ids = tuple(self.ids[i] for i in chosen)
        return replace(self, inputs=self.inputs[chosen], targets=self.targets[chosen], ids=ids)

    def of(self, inputs: Tensor) -> "Scene":
        """The same model and targets with other inputs."""
        return replace(self, inputs=inputs)

    def through(self, module: nn.Module) -> "Scene":
        """The same samples and another module."""
        return replace(self, model=self.model.with_module(module))


@dataclass(frozen=True)
class Resident:
    """A model of the zoo: how it is made, the shape of an input, and its layer for CAM-like methods."""

    make: Callable[[], nn.Module]
    shape: tuple[int, ...]
    cam: str | None = None
    output: Literal["classes", "scalar"] = "classes"


OBLONG = replace(DEEP, size=(6, 9))
GROUPED = replace(DEEP, groups=(2, 2))
RESIDUAL = replace(DEEP, skip=True)
SQUARE = (2, 6, 6)

ZOO: Mapping[str, Resident] = {
    "linear": Resident(linear, (6,)),
    "additive": Resident(Additive, (6,)),
    "mlp": Resident(mlp, (6,)),
    "scalar": Resident(partial(mlp, 1), (6,), output="scalar"),
    "cnn": Resident(partial(Network, DEEP), SQUARE, "second"),
    "residual": Resident(partial(Network, RESIDUAL), SQUARE, "second"),
    "functional": Resident(partial(Functional, DEEP), SQUARE, "second"),
    "reused": Resident(partial(Reused, DEEP), SQUARE, "second"),
    "in_place": Resident(partial(InPlaceModules, DEEP), SQUARE, "second"),
    "grouped": Resident(partial(Network, GROUPED), SQUARE, "second"),
    "oblong": Resident(partial(Network, OBLONG), (2, 6, 9), "second"),
    "edges": Resident(Edges, (1, 6, 6), "convolution"),
    "transformer": Resident(PixelTransformer, SQUARE, "embed"),
}
"""By name. `edges` pools the integer differences of neighbours, so that flat patches give exactly what zeros do."""

WAYS: Mapping[str, tuple[Architecture, tuple[Callable[[Architecture], nn.Module], ...]]] = {
    "cnn": (DEEP, (Functional, Reused, InPlaceModules, ReusedInPlace, FunctionalLayers)),
    "residual": (RESIDUAL, (Functional, Reused, ReusedInPlace, InPlaceFunctions)),
}
"""Networks that can be written in other ways, with the same weights."""


def scene(name: str, dtype: torch.dtype = torch.float64) -> Scene:
    """A model of the zoo with four samples, each with a target of its own kind."""
    resident = ZOO[name]
    module = resident.make().to(dtype).eval()
    shape = resident.shape

    def drawn(role: str, count: int) -> Tensor:
        generator = Streams(0).generator(f"check/{role}", name)
        normal = torch.randn(count, *shape, generator=generator, dtype=torch.float64)
        return normal.clamp(-HIGH, HIGH).to(dtype)

    inputs = drawn("inputs", len(IDS))
    if name == "edges":
        inputs = inputs.round()
        inputs[1] = 1.0
        inputs[1, ..., 3, 3] = 3.0
    domain = (ImageDomain if len(shape) == 3 else TabularDomain)(low=-HIGH, high=HIGH)
    training = Training(drawn("training", 12), torch.arange(12) % CLASSES)
    layers = {} if resident.cam is None else {"cam": resident.cam}
    model = Model(name, module, domain, output=resident.output, layers=layers, training=training)
    targets = torch.tensor([0, 2, 1, 1]) * (resident.output == "classes")
    return Scene(name, model, inputs, targets)
