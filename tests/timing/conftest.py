"""A tiny suite to be timed, and a store for it."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from whybench import registries
from whybench.domains import TabularDomain
from whybench.protocols import Dataset, Model
from whybench.store import Store
from whybench.suite import Suite, block

registries.fill()


def failing(module: torch.nn.Module, inputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    raise ValueError("boom")


@pytest.fixture
def model() -> Model:
    generator = torch.Generator().manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(5, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3))
    for parameter in net.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator)
    return Model("net", net, TabularDomain(low=-3.0, high=3.0))


@pytest.fixture
def dataset() -> Dataset:
    rows = np.random.default_rng(0).normal(size=(10, 5)).astype("float32")
    return Dataset("rows", list(rows), tuple("abcdefghij"), torch.arange(10) % 3)


@pytest.fixture
def suite(model: Model, dataset: Dataset) -> Suite:
    methods = ["gradient", "integrated_gradients(steps=4)", "integrated_gradients(steps=2)", "random", "sobel_edges"]
    few = block(model, dataset, ["gradient", "random", failing], ["insertion"])
    return Suite("tiny", (block(model, dataset, methods, ["pixel_flipping"]), few))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(f"sqlite:///{tmp_path / 'store.db'}")
    yield opened
    opened.close()
