"""What methods and metrics may not answer, and what records may not hold."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from whybench import evaluate
from whybench.errors import BadExplanation, BadInput, BadScores
from whybench.explanations import Attribution, Explanation
from whybench.protocols import Case, Metric, Scores
from whybench.protocols.model import Model
from whybench.records import SampleScore
from whybench.wrappers import Precomputed


@pytest.fixture
def inputs() -> Tensor:
    return torch.randn(5, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


@dataclass(frozen=True, eq=False)
class Answering(Metric[Attribution]):
    """A metric that answers with anything."""

    name: ClassVar[str] = "answering"
    kind: ClassVar[type[Explanation]] = Attribution
    family: ClassVar[str] = "axiom"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    reference: ClassVar[str] = ""

    answer: Callable[[int], Any]

    @property
    def higher_is_better(self) -> bool:
        return True

    def score(self, case: Case[Attribution]) -> Scores:
        scores: Scores = self.answer(len(case))
        return scores


def numbers(values: list[float]) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda n: [0.0] * n, "BadScores: answering returned list; expected Scores"),
        (lambda n: Scores(numbers([0.0] * (n - 1))), "BadScores: answering returned 4 scores for 5 samples"),
        (
            lambda n: Scores(torch.zeros(n)),
            "BadScores: scores of shape (5,) and dtype torch.float32; expected (n,) float64",
        ),
        (
            lambda n: Scores(numbers([float("nan")] * n), undefined={0: "why"}),
            "BadScores: scores not finite at positions [0, 1, 2, 3, 4], reasons given for [0]",
        ),
        (lambda n: 1 / 0, "ZeroDivisionError: division by zero"),
        (lambda n: {}["k" * 2000], f"KeyError: '{'k' * 499}"),
    ],
)
def test_a_metric_that_answers_with_something_else(inputs: Tensor, answer: Any, reason: str) -> None:
    table = evaluate(nn.Linear(4, 2).double(), inputs, methods=["gradient"], metrics=[Answering(answer)]).scores
    assert list(table["status"]) == ["failed"]
    assert list(table["reason"]) == [reason]


def test_undefined_and_censored_samples_keep_their_reasons_and_details(inputs: Tensor) -> None:
    def answer(n: int) -> Scores:
        details = {"extra": numbers([1.0, 2.0, float("nan"), 4.0, 5.0])}
        return Scores(numbers([0, 1, float("nan"), 3, 4]), {2: "no rank"}, {4: "at most"}, details)

    board = evaluate(nn.Linear(4, 2).double(), inputs, methods=["gradient"], metrics=[Answering(answer)])
    assert list(board.scores["status"]) == ["ok", "ok", "undefined", "ok", "censored"]
    assert list(board.scores["reason"]) == ["", "", "no rank", "", "at most"]
    (record,) = board.records
    assert [s.details for s in record.samples] == [{"extra": 1.0}, {"extra": 2.0}, {}, {"extra": 4.0}, {"extra": 5.0}]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda x: object(), "BadExplanation: the function returned object, which is no tensor"),
        (lambda x: "maps", "BadExplanation: the function returned str, which is no tensor"),
        (lambda x: x[:, 0], "BadExplanation: the function returned shape (5,) for 5 inputs; expected (n, ...)"),
        (lambda x: x[:2], "BadExplanation: the function returned shape (2, 4) for 5 inputs; expected (n, ...)"),
        (lambda x: x[:, :2], "BadExplanation: relevance of shape (5, 2) does not fit tabular inputs of shape (5, 4)"),
        (lambda x: x / 0, "BadExplanation: relevance is not finite for the samples at positions [0, 1, 2, 3, 4]"),
    ],
)
def test_a_function_that_answers_with_something_else(inputs: Tensor, answer: Any, reason: str) -> None:
    methods = {"f": lambda module, given, targets: answer(given)}
    table = evaluate(nn.Linear(4, 2).double(), inputs, methods=methods, metrics=["srg"]).scores
    assert list(table["reason"]) == [reason]


@pytest.mark.parametrize("form", [lambda x: x.tolist(), lambda x: x.numpy(), lambda x: x.float(), lambda x: x.long()])
def test_a_function_may_answer_with_lists_arrays_and_other_types(inputs: Tensor, form: Any) -> None:
    whole = inputs.round()
    methods = {"f": lambda module, given, targets: form(given), "x": lambda module, given, targets: given}
    table = evaluate(nn.Linear(4, 2).double(), whole, methods=methods, metrics=["srg"]).scores
    scores = {name: list(rows["score"]) for name, rows in table.groupby("method")}
    assert scores["f"] == scores["x"]


@pytest.mark.parametrize(
    ("relevance", "targets", "message"),
    [
        (torch.zeros(3), torch.zeros(3, dtype=torch.int64), r"relevance of shape \(3,\) with targets of shape \(3,\)"),
        (
            torch.zeros(3, 2),
            torch.zeros(2, dtype=torch.int64),
            r"relevance of shape \(3, 2\) with targets of shape \(2,\)",
        ),
        (torch.zeros(3, 2).long(), torch.zeros(3, dtype=torch.int64), "relevance has dtype torch.int64"),
    ],
)
def test_attributions_that_cannot_be(relevance: Tensor, targets: Tensor, message: str) -> None:
    with pytest.raises(BadExplanation, match=message):
        Attribution(relevance, targets)


def test_views_of_attributions() -> None:
    relevance = torch.arange(2 * 3 * 2 * 2, dtype=torch.float32).reshape(2, 3, 2, 2)
    targets = torch.zeros(2, dtype=torch.int64)
    summed, normed = Attribution(relevance, targets), Attribution(relevance, targets, "sensitivity")
    assert torch.equal(summed.mean(), relevance.double().mean(0))
    assert torch.equal(summed.picture(1), relevance[1].double().sum(0))
    assert torch.equal(normed.picture(1), relevance[1].double().norm(dim=0))
    assert Attribution(relevance.flatten(1), targets).picture(0) is None
    assert torch.equal(Attribution(relevance[:, 0], targets).picture(0), relevance[0, 0].double())
    assert summed.digest != normed.digest
    restored = Attribution.restore(normed.tensors(), normed.facts())
    assert (restored.polarity, restored.digest) == ("sensitivity", normed.digest)


@pytest.mark.parametrize("values", [torch.zeros(3), torch.zeros(2, 4)])
def test_precomputed_maps_that_cannot_be(values: Tensor) -> None:
    with pytest.raises(BadInput, match=r"precomputed relevance of shape .* for 3 inputs"):
        Precomputed(values, "", torch.zeros(3, 4), torch.zeros(3), ("a", "b", "c"))


@pytest.mark.parametrize(
    ("score", "status", "message"),
    [
        (None, "ok", "sample 'a': score None with status 'ok'"),
        (1.0, "undefined", "sample 'a': score 1.0 with status 'undefined'"),
        (np.inf, "ok", "sample 'a': score inf; undefined samples have the score None"),
    ],
)
def test_scores_that_cannot_be(score: float | None, status: Any, message: str) -> None:
    with pytest.raises(BadScores, match=message):
        SampleScore("a", score, status)


def test_outputs_that_do_not_fit_the_model() -> None:
    from whybench.domains import TabularDomain

    scalar = Model("scalar", nn.Identity(), TabularDomain(), output="scalar")
    classes = Model("classes", nn.Identity(), TabularDomain())
    targets = torch.zeros(2, dtype=torch.int64)
    assert scalar.explained(torch.ones(2, 1), targets).tolist() == [1.0, 1.0]
    with pytest.raises(BadInput, match=r"returned shape \(2, 3\) for 2 inputs; a scalar model returns \(2,\)"):
        scalar.explained(torch.ones(2, 3), targets)
    with pytest.raises(BadInput, match=r"returned shape \(2,\) for 2 inputs; a classifier returns \(2, classes\)"):
        classes.explained(torch.ones(2), targets)
