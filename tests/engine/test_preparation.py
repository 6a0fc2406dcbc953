"""Methods that learn of a model before they are asked: once a model, counted apart, kept in the store."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor, nn

import whybench
from whybench.cases import open_case
from whybench.domains import TabularDomain
from whybench.errors import BadInput, Unsupported
from whybench.explanations import Attribution
from whybench.exporting import export
from whybench.protocols import (
    Artifact,
    AttributionMethod,
    Case,
    Dataset,
    Metric,
    Model,
    Query,
    Scores,
    Training,
)
from whybench.runner import Options, run
from whybench.store import Store
from whybench.streams import Streams
from whybench.suite import Suite, block

LEARNED: list[Model] = []


@dataclass(frozen=True)
class MeanOutput(AttributionMethod):
    """Relevance of every feature: the mean of the model's outputs over the training data."""

    name: ClassVar[str] = "mean_output"
    reference: ClassVar[str] = ""
    needs: ClassVar[frozenset[str]] = frozenset({"training"})

    def prepare(self, model: Model, streams: Streams, rows: int) -> dict[str, Tensor]:
        LEARNED.append(model)
        assert model.training is not None
        with torch.inference_mode():
            return {"mean": torch.cat([model.module(part) for part in model.training.inputs.split(rows)]).mean(0)}

    def relevance(self, query: Query) -> Tensor:
        return query.prepared["mean"][query.targets][:, None].expand_as(query.inputs)


@dataclass(frozen=True)
class Size(Artifact):
    """How many training samples there are, for all methods."""

    name: ClassVar[str] = "size"
    shared: ClassVar[bool] = True

    def compute(self, case: Case[Attribution]) -> dict[str, Tensor]:
        assert case.model.training is not None
        return {"size": torch.tensor(float(len(case.model.training)), dtype=torch.float64)}


@dataclass(frozen=True)
class TrainingSize(Metric[Attribution]):
    """The number of training samples."""

    name: ClassVar[str] = "training_size"
    kind: ClassVar[type[Attribution]] = Attribution
    family: ClassVar[str] = "axiom"
    range: ClassVar[tuple[float, float]] = (0.0, float("inf"))
    reference: ClassVar[str] = ""
    needs: ClassVar[frozenset[str]] = frozenset({"training"})

    @property
    def higher_is_better(self) -> bool:
        return True

    def score(self, case: Case[Attribution]) -> Scores:
        return Scores(case.artifact(Size())["size"].expand(len(case)))


@pytest.fixture(autouse=True)
def nothing_learned() -> None:
    LEARNED.clear()


@pytest.fixture
def taught(dataset: Dataset) -> Dataset:
    rows = np.random.default_rng(1).normal(size=(6, 5)).astype("float32")
    learned = Dataset("training", list(rows), tuple("abcdef"), torch.zeros(6, dtype=torch.int64))
    return replace(dataset, training=learned)


def suite(model: Model, dataset: Dataset) -> Suite:
    return Suite("learning", (block(model, dataset, [MeanOutput(), "gradient"], ["pixel_flipping", "insertion"]),))


def test_it_learns_once_a_model_and_the_store_keeps_it(
    model: Model, taught: Dataset, open_store: Callable[..., Store]
) -> None:
    store = open_store()
    first = run(suite(model, taught), store)
    assert [r.status for r in first] == ["ok"] * 4
    assert len(LEARNED) == 1
    run(suite(model, replace(taught, samples=taught.samples[:4], ids=taught.ids[:4], labels=taught.labels[:4])), store)
    assert len(LEARNED) == 1, "other samples of the same model"
    run(suite(model, taught), store, Options(fresh=True))
    assert len(LEARNED) == 2


def test_learning_is_counted_apart(
    model: Model, taught: Dataset, open_store: Callable[..., Store], tmp_path: Path
) -> None:
    store = open_store()
    run(suite(model, taught), store)
    learner, gradient = store.explanation_records()
    assert learner.preparation is not None
    assert (learner.preparation.forward, learner.cost.forward) == (6, 0)
    assert gradient.preparation is None
    export(store, tmp_path / "out")
    costs = pd.read_parquet(tmp_path / "out" / "costs.parquet").set_index(["what", "method"])
    assert costs.loc[("explanation", "mean_output"), "preparation_forward"].item() == 6
    assert np.isnan(costs.loc[("explanation", "gradient"), "preparation_forward"].item())


def test_other_training_data_is_another_explanation(
    model: Model, taught: Dataset, open_store: Callable[..., Store]
) -> None:
    store = open_store()
    assert taught.training is not None
    before = run(suite(model, taught), store)
    after = run(suite(model, replace(taught, training=taught.training.take(3))), store)
    assert [a.key != b.key for a, b in zip(after, before, strict=True)] == [True, True, False, False]


def test_on_another_domain_it_learns_anew(model: Model, taught: Dataset, open_store: Callable[..., Store]) -> None:
    store = open_store()
    run(suite(model, taught), store)
    run(suite(replace(model, domain=TabularDomain(low=-9.0, high=9.0)), taught), store)
    assert len(LEARNED) == 2


def test_what_reads_training_data_is_keyed_by_it(
    model: Model, taught: Dataset, open_store: Callable[..., Store]
) -> None:
    store = open_store()
    assert taught.training is not None
    other = replace(taught, training=taught.training.take(3))
    found = []
    for data in (taught, other):
        grid = block(model, data, ["gradient"], [TrainingSize(), "pixel_flipping"])
        found.append(run(Suite("reading", (grid,)), store))
    assert [[r.samples[0].score for r in records[:1]] for records in found] == [[6.0], [3.0]]
    assert [a.key == b.key for a, b in zip(*found, strict=True)] == [False, True]


def test_without_training_data_it_is_unsupported(
    model: Model, dataset: Dataset, open_store: Callable[..., Store]
) -> None:
    records = run(suite(model, dataset), open_store())
    assert {r.reason for r in records[:2]} == {"mean_output needs training, which model 'net' does not give"}
    assert {r.status for r in records[:2]} == {"unsupported"}


def test_of_another_model_it_learns_anew(network: nn.Module) -> None:
    training = Training(torch.eye(5), torch.zeros(5, dtype=torch.int64))
    model = Model("net", network, TabularDomain(), training=training)
    case = open_case(MeanOutput(), model, torch.ones(2, 5), torch.tensor([0, 1]), ids=("a", "b"))
    case.explain(inputs=torch.zeros(2, 5))
    assert len(LEARNED) == 1
    twin = nn.Sequential(nn.Linear(5, 3))
    again = case.explain(model=model.with_module(twin)).relevance
    assert LEARNED[1].module is twin
    torch.testing.assert_close(again[:, 0], twin(torch.eye(5)).mean(0)[:2].detach())


def test_in_a_notebook_training_data_is_an_argument(network: nn.Module) -> None:
    inputs, learned = torch.ones(2, 5), torch.eye(5)
    expected = network(learned).mean(0)[1].detach()
    for training in (learned, (learned, torch.zeros(5, dtype=torch.int64))):
        found = MeanOutput().attribute(network, inputs, 1, training=training)
        torch.testing.assert_close(found, expected.expand(2, 5))
    board = whybench.evaluate(network, inputs, 1, methods=[MeanOutput()], metrics=["pixel_flipping"], training=learned)
    assert board.scores["status"].tolist() == ["ok", "ok"]
    with pytest.raises(Unsupported, match="mean_output needs training"):
        MeanOutput().attribute(network, inputs, 1)


@pytest.mark.parametrize(
    ("training", "message"),
    [
        (torch.ones(3, 4), r"training inputs of shape \(3, 4\) for inputs of shape \(2, 5\)"),
        (torch.full((3, 5), torch.nan), "expected finite ones"),
        ("digits", "training=str; expected inputs"),
        ((torch.ones(3, 5), torch.ones(2)), r"labels of shape \(2,\)"),
        (torch.ones(0, 5), "with n >= 1"),
    ],
)
def test_training_data_that_does_not_fit_is_shown(network: nn.Module, training: Tensor, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        MeanOutput().attribute(network, torch.ones(2, 5), 1, training=training)


def test_a_background_is_named_by_the_seed_and_the_same_for_all() -> None:
    training = Training(torch.arange(20.0)[:, None], torch.zeros(20))
    few = training.background(5, Streams(0))
    assert torch.equal(few, training.background(5, Streams(0)))
    assert not torch.equal(few, training.background(5, Streams(1)))
    assert torch.equal(few, training.background(9, Streams(0))[:5])
    assert sorted(training.background(99, Streams(0))[:, 0].tolist()) == list(range(20))
