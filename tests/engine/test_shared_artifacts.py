"""Artifacts that do not depend on the explanation: one for all methods."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

import pytest
import torch
from torch import Tensor

from whybench.explanations import Attribution
from whybench.protocols import Artifact, Case, Dataset, Metric, Model, Scores
from whybench.records import Record
from whybench.runner import Options, run
from whybench.store import Store
from whybench.suite import Suite, block

COMPUTED: list[int] = []


@dataclass(frozen=True)
class Outputs(Artifact):
    """The clean outputs."""

    name: ClassVar[str] = "shared_outputs"
    shared: ClassVar[bool] = True

    def compute(self, case: Case[Attribution]) -> dict[str, Tensor]:
        COMPUTED.append(len(case))
        return {"outputs": case.predict(case.inputs)}


@dataclass(frozen=True)
class Peeking(Outputs):
    """Looks at the explanation, or asks for one, although all methods share it."""

    name: ClassVar[str] = "peeking"
    ask: bool = False

    def compute(self, case: Case[Attribution]) -> dict[str, Tensor]:
        return {"relevance": case.explain().relevance if self.ask else case.explanation.relevance}


@dataclass(frozen=True)
class Largest(Metric[Attribution]):
    """The largest clean output."""

    name: ClassVar[str] = "largest"
    kind: ClassVar[type[Attribution]] = Attribution
    family: ClassVar[str] = "axiom"
    range: ClassVar[tuple[float, float]] = (-float("inf"), float("inf"))
    reference: ClassVar[str] = ""

    artifact: Artifact = Outputs()

    @property
    def higher_is_better(self) -> bool:
        return True

    def score(self, case: Case[Attribution]) -> Scores:
        (values,) = case.artifact(self.artifact).values()
        return Scores(values.double().amax(1))


@pytest.fixture(autouse=True)
def nothing_computed() -> None:
    COMPUTED.clear()


def ran(model: Model, dataset: Dataset, store: Store, metric: Largest, seed: int = 0) -> list[Record]:
    suite = Suite("shared", (block(model, dataset, ["gradient", "random"], [metric]),), seed)
    run(suite, store)
    return store.records()


def test_it_is_computed_once_and_paid_in_equal_parts(
    model: Model, dataset: Dataset, open_store: Callable[..., Store]
) -> None:
    records = ran(model, dataset, open_store(), Largest())
    assert COMPUTED == [10]
    assert [r.shared.forward for r in records] == [5.0, 5.0]
    assert records[0].samples == records[1].samples


def test_a_second_run_reads_it_and_fresh_or_another_seed_does_not(
    model: Model, dataset: Dataset, open_store: Callable[..., Store]
) -> None:
    store = open_store()
    ran(model, dataset, store, Largest())
    suite = Suite("more", (block(model, dataset, ["sensitivity"], [Largest()]),))
    run(suite, store)
    assert COMPUTED == [10]
    run(suite, store, Options(fresh=True))
    assert COMPUTED == [10, 10]
    run(replace(suite, seed=1), store)
    assert COMPUTED == [10, 10, 10]


@pytest.mark.parametrize(("ask", "reason"), [(False, "has no attribute 'relevance'"), (True, "cannot ask the method")])
def test_it_cannot_look_at_an_explanation(
    model: Model, dataset: Dataset, open_store: Callable[..., Store], ask: bool, reason: str
) -> None:
    records = ran(model, dataset, open_store(), Largest(Peeking(ask)))
    assert {r.status for r in records} == {"failed"}
    assert reason in records[0].reason
    assert torch.is_grad_enabled()
