"""Planted truths: for each metric a better and a worse map, and where its scores end."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from whybench.cases import open_case
from whybench.checking.metric_world import Answers
from whybench.domains import Domain, ImageDomain, TabularDomain
from whybench.explanations import Attribution
from whybench.protocols import AttributionMethod, Case, Metric, Model, Truth

F64 = torch.float64


class Additive(nn.Module):
    """Two logits: the weighted sum of the input, and zero."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight, requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        total = (x * self.weight).flatten(1).sum(1)
        return torch.stack([total, torch.zeros_like(total)], 1)


class Formula(nn.Module):
    """Logits by a formula without parameters."""

    def __init__(self, formula: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.formula = formula

    def forward(self, x: Tensor) -> Tensor:
        return self.formula(x)


def told(maps: Tensor) -> AttributionMethod:
    """These maps, whatever is asked."""
    return Answers(lambda query: maps[[int(i) for i in query.ids]])


def row(*values: float) -> Tensor:
    return torch.tensor([values], dtype=F64)


def one_hot(place: int, count: int, value: float = 1.0) -> Tensor:
    """One sample of a table, zero but for one column."""
    found = torch.zeros(1, count, dtype=F64)
    found[0, place] = value
    return found


@dataclass(frozen=True, eq=False)
class Scene:
    """A model and samples of it, on which any method can be asked; the first class is explained unless said."""

    module: nn.Module
    inputs: Tensor
    domain: Domain | None = None
    targets: Tensor | None = None
    masks: Tensor | None = None
    facts: tuple[tuple[str, Any], ...] = ()

    def asked(self, method: AttributionMethod) -> Case[Any]:
        n = len(self.inputs)
        domain = self.domain or (TabularDomain() if self.inputs.ndim == 2 else ImageDomain())
        return open_case(
            method,
            Model("planted", self.module, domain, **dict(self.facts)),
            self.inputs,
            torch.zeros(n, dtype=torch.int64) if self.targets is None else self.targets,
            ids=tuple(str(i) for i in range(n)),
            truth=None if self.masks is None else Truth(self.masks),
        )


@dataclass(frozen=True, eq=False)
class Seen:
    """A method on a scene, and what each sample's score has to be; None where only the order is known."""

    metric: Metric[Attribution]
    scene: Scene
    method: AttributionMethod
    score: float | None = None

    def values(self) -> Tensor:
        return self.metric.score(self.scene.asked(self.method)).values


@dataclass(frozen=True, eq=False)
class Planted:
    """What the definition of a metric says of known maps.

    better, worse: two methods on one scene; low, high: cases with known scores that go to the ends of the range, the
    last one the farthest; trivial: maps that know nothing of the model and are as good as any, where there are.
    """

    better: Seen
    worse: Seen
    low: Sequence[Seen] = ()
    high: Sequence[Seen] = ()
    trivial: Seen | None = None


PLANTED: dict[str, Callable[[], Planted]] = {}
"""By the metric's name, and what is special about it in brackets."""


def plant(name: str) -> Callable[[Callable[[], Planted]], Callable[[], Planted]]:
    """File what is known under a metric's name."""

    def keep(make: Callable[[], Planted]) -> Callable[[], Planted]:
        assert name not in PLANTED, name
        PLANTED[name] = make
        return make

    return keep
