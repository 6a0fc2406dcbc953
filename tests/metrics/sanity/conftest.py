"""Tiny float64 models with known layers, and methods that know nothing of them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor, nn

from whybench.cases import open_case
from whybench.protocols import AttributionMethod, Case, Query
from whybench.protocols.asking import wrap


def filled(module: nn.Module, seed: int = 0) -> nn.Module:
    """`module` in float64 and eval mode, its floating-point tensors decided by no global generator."""
    generator = torch.Generator().manual_seed(seed)
    for name, tensor in module.double().state_dict().items():
        if tensor.is_floating_point():
            noise = torch.randn(tensor.shape, generator=generator, dtype=torch.float64) / 2
            tensor.copy_(noise.abs() + 0.5 if name.endswith("running_var") else noise)
    return module.eval()


@dataclass(frozen=True)
class Edges(AttributionMethod):
    """Horizontal differences of the image, whatever the model."""

    name: ClassVar[str] = "edges"
    reference: ClassVar[str] = ""

    def relevance(self, query: Query) -> Tensor:
        return query.inputs.diff(dim=-1, append=query.inputs[..., :1])


@dataclass(frozen=True)
class Flat(AttributionMethod):
    """The same value everywhere."""

    name: ClassVar[str] = "flat"
    reference: ClassVar[str] = ""

    def relevance(self, query: Query) -> Tensor:
        return torch.full_like(query.inputs, 0.3)


@dataclass(frozen=True)
class FlatElsewhere(AttributionMethod):
    """The input on the model with the known digest, the same value everywhere on any other."""

    name: ClassVar[str] = "flat_elsewhere"
    reference: ClassVar[str] = ""

    known: str = ""

    def relevance(self, query: Query) -> Tensor:
        return query.inputs if query.model.digest == self.known else torch.ones_like(query.inputs)


@dataclass(frozen=True)
class RaisesElsewhere(FlatElsewhere):
    """Raises on any model but the known one."""

    name: ClassVar[str] = "raises_elsewhere"

    def relevance(self, query: Query) -> Tensor:
        if query.model.digest != self.known:
            raise ValueError("no idea")
        return query.inputs


@dataclass(frozen=True)
class Counted(AttributionMethod):
    """The gradient, with a list of the batch sizes that it was asked for."""

    name: ClassVar[str] = "counted"
    reference: ClassVar[str] = ""

    asked: list[int] = field(default_factory=list, compare=False)

    def relevance(self, query: Query) -> Tensor:
        self.asked.append(len(query))
        return query.gradient(query.inputs, torch.arange(len(query)))


@pytest.fixture
def cnn() -> nn.Module:
    """For inputs of shape (n, 2, 9, 8), three classes; layers from the output: 6, 5, 3, 1, 0."""
    return filled(
        nn.Sequential(
            nn.Conv2d(2, 4, 3, padding=1),
            nn.BatchNorm2d(4),
            nn.ReLU(),
            nn.Conv2d(4, 4, 3, padding=1, bias=False),
            nn.Flatten(),
            nn.Linear(4 * 72, 4),
            nn.Linear(4, 3),
        )
    )


@pytest.fixture
def images() -> Tensor:
    """Five images of very different contrast."""
    generator = torch.Generator().manual_seed(1)
    scale = torch.tensor([1.0, 0.1, 3.0, 100.0, 0.5], dtype=torch.float64)
    return scale[:, None, None, None] * torch.randn(5, 2, 9, 8, generator=generator, dtype=torch.float64)


@pytest.fixture
def targets() -> Tensor:
    return torch.tensor([0, 1, 2, 0, 1])


@pytest.fixture
def case_of(cnn: nn.Module, images: Tensor, targets: Tensor) -> Callable[..., Case[Any]]:
    """The case of a method on some of the images, and on another module where one is given."""

    def open_(
        method: AttributionMethod, module: nn.Module | None = None, samples: list[int] | None = None, rows: int = 64
    ) -> Case[Any]:
        chosen = list(range(5)) if samples is None else samples
        model = wrap(cnn if module is None else module, images)
        ids = tuple(f"image {i}" for i in chosen)
        return open_case(method, model, images[chosen], targets[chosen], ids=ids, seed=3, rows=rows)

    return open_


@pytest.fixture
def edges() -> Edges:
    return Edges()


@pytest.fixture
def flat() -> Flat:
    return Flat()


@pytest.fixture
def counted() -> Counted:
    return Counted()


@pytest.fixture
def flat_elsewhere(cnn: nn.Module, images: Tensor) -> FlatElsewhere:
    return FlatElsewhere(known=wrap(cnn, images).digest)


@pytest.fixture
def raises_elsewhere(cnn: nn.Module, images: Tensor) -> RaisesElsewhere:
    return RaisesElsewhere(known=wrap(cnn, images).digest)
