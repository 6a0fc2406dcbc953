"""A tiny suite with real parts and a toy metric, for tests of the engine."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import torch

from whybench import registries
from whybench.domains import TabularDomain
from whybench.explanations import Attribution
from whybench.protocols import Artifact, Case, Dataset, Metric, Model, Scores
from whybench.store import Store
from whybench.suite import Suite, block

registries.fill()


@dataclass(frozen=True)
class Outputs(Artifact):
    """The clean outputs: shared by all metrics that ask."""

    name: ClassVar[str] = "outputs"

    def compute(self, case: Case[Attribution]) -> dict[str, torch.Tensor]:
        return {"outputs": case.predict(case.inputs)}


@dataclass(frozen=True)
class RelevanceSum(Metric[Attribution]):
    """sum_i R_i * scale, after looking at the shared outputs."""

    name: ClassVar[str] = "relevance_sum"
    kind: ClassVar[type[Attribution]] = Attribution
    family: ClassVar[str] = "axiom"
    range: ClassVar[tuple[float, float]] = (-float("inf"), float("inf"))
    reference: ClassVar[str] = ""

    scale: float = 1.0

    @property
    def higher_is_better(self) -> bool:
        return True

    def score(self, case: Case[Attribution]) -> Scores:
        case.artifact(Outputs())
        return Scores(case.explanation.relevance.double().sum(1) * self.scale)


@pytest.fixture
def network() -> torch.nn.Module:
    generator = torch.Generator().manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(5, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3))
    for parameter in net.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator)
    return net


@pytest.fixture
def model(network: torch.nn.Module) -> Model:
    return Model("net", network, TabularDomain(low=-3.0, high=3.0))


@pytest.fixture
def dataset() -> Dataset:
    rows = np.random.default_rng(0).normal(size=(10, 5)).astype("float32")
    return Dataset("rows", list(rows), tuple("abcdefghij"), torch.arange(10) % 3)


def failing(module: torch.nn.Module, inputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    raise ValueError("boom")


@pytest.fixture
def suite(model: Model, dataset: Dataset) -> Suite:
    methods = ["gradient", "integrated_gradients(steps=4)", "random", "sobel_edges", failing]
    return Suite("tiny", (block(model, dataset, methods, [RelevanceSum(), RelevanceSum(2.0)]),))


@pytest.fixture
def open_store(tmp_path: Path) -> Iterator[Callable[[str], Store]]:
    opened: list[Store] = []

    def open_one(name: str = "store") -> Store:
        opened.append(Store.open(f"sqlite:///{tmp_path / name}.db"))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()
