"""Tiny float64 models, and a count of what goes through them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pytest
import torch
from filled_weights import filled
from torch import Tensor, nn

from whybench.protocols import AttributionMethod, Query
from whybench.protocols.asking import sample_ids, wrap
from whybench.streams import Streams


@dataclass
class Passes:
    """Rows of every pass through a module, forward and backward."""

    forward: list[int] = field(default_factory=list)
    backward: list[int] = field(default_factory=list)


@contextmanager
def count(module: nn.Module) -> Iterator[Passes]:
    passes = Passes()

    def hook(_: nn.Module, __: object, output: Tensor) -> None:
        passes.forward.append(len(output))
        if output.requires_grad:
            output.register_hook(lambda gradient: passes.backward.append(len(gradient)))

    handle = module.register_forward_hook(hook)
    try:
        yield passes
    finally:
        handle.remove()


def convnet(bias: bool, activation: type[nn.Module], pool: nn.Module) -> nn.Module:
    """For inputs of shape (n, 2, 8, 6), three classes."""
    return filled(
        nn.Sequential(
            nn.Conv2d(2, 3, 3, padding=1, bias=bias),
            activation(),
            pool,
            nn.Conv2d(3, 4, 3, padding=1, bias=bias),
            activation(),
            nn.Flatten(),
            nn.Linear(48, 3, bias=bias),
        )
    )


@pytest.fixture
def cnn() -> nn.Module:
    return convnet(True, nn.ReLU, nn.MaxPool2d(2))


@pytest.fixture(params=[nn.MaxPool2d(2), nn.AvgPool2d(2)], ids=["max", "average"])
def bias_free(request: pytest.FixtureRequest) -> nn.Module:
    return convnet(False, nn.ReLU, request.param)


@pytest.fixture
def smooth() -> nn.Module:
    return convnet(True, nn.Softplus, nn.AvgPool2d(2))


@pytest.fixture
def linear() -> nn.Linear:
    """Four columns, two classes."""
    module = filled(nn.Linear(4, 2))
    assert isinstance(module, nn.Linear)
    return module


@pytest.fixture
def images() -> Tensor:
    """Five images of very different contrast."""
    generator = torch.Generator().manual_seed(1)
    scale = torch.tensor([1.0, 0.1, 3.0, 1.0, 0.5], dtype=torch.float64)
    return scale[:, None, None, None] * torch.randn(5, 2, 8, 6, generator=generator, dtype=torch.float64)


@pytest.fixture
def table() -> Tensor:
    return torch.randn(5, 4, generator=torch.Generator().manual_seed(2), dtype=torch.float64)


@pytest.fixture
def targets() -> Tensor:
    return torch.tensor([0, 1, 1, 0, 1])


def query(module: nn.Module, inputs: Tensor, targets: Tensor, rows: int = 64, seed: int = 0, **hints: str) -> Query:
    """A query as the engine would open it; `module` is frozen from here on."""
    module.requires_grad_(False)
    model = replace(wrap(module, inputs), layers=hints)
    return Query(model, inputs, targets, sample_ids(len(inputs)), Streams(seed), rows)


@pytest.fixture
def open_query() -> Callable[..., Query]:
    return query


@pytest.fixture
def passes_of() -> Callable[[AttributionMethod, Query], Passes]:
    def run(method: AttributionMethod, asked: Query) -> Passes:
        with count(asked.model.module) as passes:
            method.relevance(asked)
        return passes

    return run


@pytest.fixture
def captum_in_float64(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Captum rounds quadrature weights and occlusion's falls to float32; here it keeps them."""
    monkeypatch.setattr(Tensor, "float", Tensor.double)
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)
