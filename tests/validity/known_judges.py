"""Metrics that are right, wrong or blind by construction, and a world for them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from whybench.domains import ImageDomain
from whybench.explanations import Attribution, Explanation
from whybench.protocols import AttributionMethod, Case, Metric, Model, Query, Scores
from whybench.validity import World, misplaced

F64 = torch.float64


@dataclass(frozen=True, eq=False)
class Judge(Metric[Attribution]):
    """A metric by a rule that is told."""

    name: ClassVar[str] = "judge"
    kind: ClassVar[type[Explanation]] = Attribution
    family: ClassVar[str] = "faithfulness"
    range: ClassVar[tuple[float, float]] = (float("-inf"), float("inf"))
    reference: ClassVar[str] = ""

    rule: Callable[[Case[Attribution]], Tensor]
    better: bool = True

    @property
    def higher_is_better(self) -> bool:
        return self.better

    def score(self, case: Case[Attribution]) -> Scores:
        return Scores(self.rule(case))


def oracle(world: World) -> Judge:
    """It knows the truth."""
    return Judge(lambda case: misplaced(features(case), world.worth[[int(i) for i in case.ids]]), better=False)


def features(case: Case[Attribution]) -> Tensor:
    return case.explanation.relevance.double().flatten(1)


LOVES_CONSTANTS = Judge(lambda case: -features(case).std(1))


@dataclass(frozen=True, eq=False)
class Blurred(AttributionMethod):
    """The truth of a linear world mixed with noise: the more of it, the larger the error."""

    name: ClassVar[str] = "blurred"
    reference: ClassVar[str] = ""

    noise: float = 0.0

    def relevance(self, query: Query) -> Tensor:
        weights = next(query.model.module.parameters())[0].view(1, 1, 4, 4)
        drawn = query.per_sample(lambda i: query.streams.normal("blurred", i, 0, (1, 4, 4)))
        return query.inputs * weights + self.noise * drawn


def linear_world(samples: int = 12) -> World:
    """One layer: a pixel's worth is its weight times its value."""
    draw = torch.Generator().manual_seed(0)
    module = nn.Sequential(nn.Flatten(), nn.Linear(16, 2, bias=False)).double().requires_grad_(False)
    module[1].weight.copy_(torch.randn(2, 16, generator=draw, dtype=F64))
    inputs = torch.rand(samples, 1, 4, 4, generator=draw, dtype=F64)
    targets = torch.zeros(samples, dtype=torch.int64)
    worth = inputs.flatten(1) * module[1].weight[0]
    ids = tuple(str(i) for i in range(samples))
    model = Model("linear", module, ImageDomain(low=0.0, high=1.0))
    return World("linear", model, inputs, targets, targets, ids, torch.arange(16).view(4, 4), worth)


METHODS = {f"noise {size}": Blurred(size) for size in (0.05, 0.2, 0.5, 1.0, 2.0, 4.0)}
"""From nearly right to noise."""
