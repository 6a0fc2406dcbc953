"""A known bug of the field, put back."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from whybench.explanations import Attribution
from whybench.protocols import Case, Query
from whybench.protocols.method import AttributionMethod

SLIP = "a slip, no thread"
Judge = Callable[[Case[Attribution]], Tensor]
"""Scores of one case, one a sample, (n,) float64."""


@dataclass(frozen=True)
class MetricBug:
    """A bug in a metric: how it judges, and whether more is then held to be better.

    where: project and thread; what: the mistake in a few words; metric: spec of the sound one; seen: what shows it.
    """

    where: str
    what: str
    metric: str
    judge: Judge
    higher_is_better: bool
    seen: str


@dataclass(frozen=True)
class MethodBug:
    """A bug in a method: what it gives in place of a sound method's map; otherwise as in `MetricBug`."""

    where: str
    what: str
    method: str
    faulty: AttributionMethod
    seen: str


@dataclass(frozen=True)
class Changed(AttributionMethod):
    """A sound method whose map is changed on the way out."""

    method: AttributionMethod
    change: Callable[[Tensor], Tensor]

    name = "changed"
    reference = ""

    def relevance(self, query: Query) -> Tensor:
        return self.change(self.method.relevance(query))


@dataclass(frozen=True)
class OtherTarget(AttributionMethod):
    """A sound method that is asked for class 0, whichever class it was to explain."""

    method: AttributionMethod

    name = "other_target"
    reference = ""

    def relevance(self, query: Query) -> Tensor:
        asked: Any = type(query)
        fields = {name: getattr(query, name) for name in query.__dataclass_fields__}
        return self.method.relevance(asked(**{**fields, "targets": torch.zeros_like(query.targets)}))
