"""A kind whose payload is a matrix of test by training samples arrives without touching the engine."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Self

import pandas as pd
import pytest
import torch
from safetensors import safe_open
from torch import Tensor

from whybench import registries
from whybench.explanations import Explanation
from whybench.exporting import export
from whybench.leaderboard import Leaderboard
from whybench.protocols import Case, Dataset, Method, Metric, Model, Query, Scores
from whybench.runner import run
from whybench.store import Store
from whybench.suite import Suite, block


@dataclass(frozen=True, eq=False)
class Influence(Explanation):
    """(test samples, training samples)."""

    kind: ClassVar[str] = "test_influence"
    verb: ClassVar[str] = "influence"

    matrix: Tensor

    def tensors(self) -> dict[str, Tensor]:
        return {"matrix": self.matrix}

    @classmethod
    def restore(cls, tensors: Mapping[str, Tensor], facts: Mapping[str, str]) -> Self:
        return cls(tensors["matrix"])


@dataclass(frozen=True, eq=False)
class Nearness(Method[Influence]):
    """Minus the distance to each training sample."""

    name: ClassVar[str] = "test_nearness"
    kind: ClassVar[type[Explanation]] = Influence
    reference: ClassVar[str] = ""

    training: Tensor = field(default_factory=lambda: torch.eye(5)[:4])

    def explain(self, query: Query) -> Influence:
        return Influence(-torch.cdist(query.inputs, self.training))


@dataclass(frozen=True)
class NearestIsFirst(Metric[Influence]):
    """1 where the largest influence is that of the nearest training sample."""

    name: ClassVar[str] = "test_nearest_is_first"
    kind: ClassVar[type[Explanation]] = Influence
    family: ClassVar[str] = "agreement"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    reference: ClassVar[str] = ""

    @property
    def higher_is_better(self) -> bool:
        return True

    def score(self, case: Case[Influence]) -> Scores:
        again = case.explain(inputs=case.inputs).matrix
        return Scores((again.argmax(1) == case.explanation.matrix.argmax(1)).double())


@pytest.fixture
def influence_kind() -> None:
    if "test_influence" not in registries.kinds:
        for thing in (Influence, Nearness, NearestIsFirst):
            registries.register(thing)


@pytest.mark.usefixtures("influence_kind")
def test_method_metric_board_and_export_of_a_second_kind(
    model: Model, dataset: Dataset, open_store: Callable[..., Store], tmp_path: Path
) -> None:
    store = open_store()
    suite = Suite(
        "kinds",
        (
            block(model, dataset, ["test_nearness"], ["test_nearest_is_first", "pixel_flipping"]),
            block(model, dataset, ["gradient"], ["test_nearest_is_first"]),
        ),
    )
    records = run(suite, store)
    assert [(r.status, r.reason) for r in records] == [
        ("ok", ""),
        ("unsupported", "pixel_flipping judges attributions, not test_influences"),
        ("unsupported", "test_nearest_is_first judges test_influences, not attributions"),
    ]
    board = Leaderboard(store.records(), store.explanation_records()).to_pandas()
    row = board[(board["metric"] == "test_nearest_is_first") & (board["method"] == "test_nearness")].iloc[0]
    assert (row["mean"], row["n"]) == (1.0, 10)

    export(store, tmp_path / "out")
    scores = pd.read_parquet(tmp_path / "out" / "scores.parquet")
    assert set(scores["kind"]) == {"test_influence", "attribution"}
    made = pd.read_parquet(tmp_path / "out" / "explanations.parquet").set_index("method")
    with safe_open(tmp_path / "out" / made.loc["test_nearness", "file"], framework="pt") as file:
        assert file.get_tensor("matrix").shape == (10, 4)
        assert json.loads(file.metadata()["sample_ids"]) == list("abcdefghij")


@pytest.mark.usefixtures("influence_kind")
def test_a_second_kind_is_restored_from_the_store(
    model: Model, dataset: Dataset, open_store: Callable[..., Store]
) -> None:
    store = open_store()
    run(Suite("kinds", (block(model, dataset, ["test_nearness"], ["test_nearest_is_first"]),)), store)
    (record,) = store.explanation_records()
    _, payload = store.explanation(record.key)
    assert isinstance(payload, Influence)
    assert payload.matrix.shape == (10, 4)
