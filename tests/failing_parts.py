"""What does not work: a metric that is undefined once, one that never runs, a method that raises."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from whybench.errors import Unsupported
from whybench.explanations import Attribution, Explanation
from whybench.protocols import AttributionMethod, Case, Metric, Query, Scores


@dataclass(frozen=True)
class FirstUndefined(Metric[Attribution]):
    """The largest relevance; the first sample has no value."""

    name: ClassVar[str] = "first_undefined"
    kind: ClassVar[type[Explanation]] = Attribution
    family: ClassVar[str] = "complexity"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    reference: ClassVar[str] = ""

    @property
    def higher_is_better(self) -> bool:
        return True

    def score(self, case: Case[Attribution]) -> Scores:
        values = case.explanation.relevance.double().flatten(1).amax(1)
        values[0] = torch.nan
        return Scores(values, undefined={0: "the first one"})


@dataclass(frozen=True)
class NeverRuns(FirstUndefined):
    """Unsupported everywhere."""

    name: ClassVar[str] = "never_runs"
    family: ClassVar[str] = "axiom"

    def score(self, case: Case[Attribution]) -> Scores:
        raise Unsupported("never_runs runs <nowhere>")


@dataclass(frozen=True)
class Breaks(AttributionMethod):
    """A method that raises."""

    name: ClassVar[str] = "breaks"
    reference: ClassVar[str] = ""

    def relevance(self, query: Query) -> Tensor:
        raise RuntimeError("out of <luck>")
