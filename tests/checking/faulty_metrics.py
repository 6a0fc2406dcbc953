"""Sound metrics with one fault each."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import torch

from whybench.cases import Memory
from whybench.metrics.attribution import Complexity, Mprt, PixelFlipping, RelevanceMass
from whybench.protocols import Case, Scores


@dataclass(frozen=True)
class WithoutTheCleanPoint(PixelFlipping):
    """Off by one: the first interval of the area is left out."""

    def score(self, case: Case[Any]) -> Scores:
        found = super().score(case)
        assert found.curves is not None
        x, y = found.curves.x[:, 1:], found.curves.y[:, 1:]
        return replace(found, values=torch.trapezoid(y, x, dim=1))


@dataclass(frozen=True)
class CurveWithoutTheCleanPoint(PixelFlipping):
    def score(self, case: Case[Any]) -> Scores:
        found = super().score(case)
        assert found.curves is not None
        return replace(found, curves=replace(found.curves, x=found.curves.x[:, 1:], y=found.curves.y[:, 1:]))


@dataclass(frozen=True)
class TurnedRound(PixelFlipping):
    @property
    def higher_is_better(self) -> bool:
        return True


@dataclass(frozen=True)
class ByTheInput(Complexity):
    """Divided by the length of the input in place of the map's own, and without its absolute value."""

    def score(self, case: Case[Any]) -> Scores:
        maps = case.explanation.relevance.double().flatten(1)
        return Scores(maps.sum(1) / case.inputs.double().flatten(1).norm(dim=1))


@dataclass(frozen=True)
class Drawing(Complexity):
    def score(self, case: Case[Any]) -> Scores:
        torch.rand(1)
        return super().score(case)


@dataclass(frozen=True)
class OverSamples(Complexity):
    def score(self, case: Case[Any]) -> Scores:
        found = super().score(case)
        return replace(found, values=found.values / found.values.max())


@dataclass(frozen=True)
class Mirrored(Mprt):
    name: ClassVar[str] = "mirrored"

    def score(self, case: Case[Any]) -> Scores:
        return Scores(0.5 * super().score(case).values.nan_to_num())


@dataclass(frozen=True)
class SeededByTheClock(Complexity):
    """Each score is drawn from a generator without a seed of the case."""

    def score(self, case: Case[Any]) -> Scores:
        found = super().score(case)
        CALLS.append(len(CALLS))
        return replace(found, values=found.values + 1e-6 * len(CALLS))


CALLS: list[int] = []


@dataclass(frozen=True)
class ByTheRows(Complexity):
    """Rows of one pass share their mean."""

    def score(self, case: Case[Any]) -> Scores:
        values = super().score(case).values
        return Scores(torch.cat([part.mean().expand_as(part) for part in torch.split(values, case.rows)]))


@dataclass(frozen=True)
class ByPosition(Complexity):
    """Noise is drawn by position in the place of the sample's id."""

    def score(self, case: Case[Any]) -> Scores:
        values = super().score(case).values
        return Scores(values + 0.1 * torch.arange(len(values)))


@dataclass(frozen=True)
class InTrainMode(Complexity):
    def score(self, case: Case[Any]) -> Scores:
        case.model.module.train()
        return super().score(case)


@dataclass(frozen=True)
class Normalising(Complexity):
    """The map is brought to unit length where it lies."""

    def score(self, case: Case[Any]) -> Scores:
        case.explanation.relevance.div_(case.explanation.relevance.abs().max())
        return super().score(case)


@dataclass(frozen=True)
class Transposed(RelevanceMass):
    """The map is read width before height."""

    def score(self, case: Case[Any]) -> Scores:
        memory, found = Memory(), case.explanation.relevance
        turned = replace(case.explanation, relevance=found.mT.reshape(found.shape))
        memory.case = replace(case, explanation=turned, fetch=memory.fetch)
        return super().score(memory.case)


@dataclass(frozen=True)
class ByHeight(RelevanceMass):
    """A pixel's number is row * height + column, which is right on square images."""

    def score(self, case: Case[Any]) -> Scores:
        memory, found = Memory(), case.explanation.relevance
        rows, columns = torch.meshgrid(*(torch.arange(size) for size in found.shape[-2:]), indexing="ij")
        read = found.flatten(1)[:, (rows * found.shape[-2] + columns).flatten() % rows.numel()].view_as(found)
        memory.case = replace(case, explanation=replace(case.explanation, relevance=read), fetch=memory.fetch)
        return super().score(memory.case)


@dataclass(frozen=True, init=False)
class TakesAnything(Complexity):
    def __init__(self, **options: object) -> None:
        pass


RULE = object()


@dataclass(frozen=True)
class HoldsAnObject(Complexity):
    rule: object = RULE


@dataclass(frozen=True)
class Counting(Complexity):
    """What other cells left behind is added."""

    def score(self, case: Case[Any]) -> Scores:
        SEEN.append(0)
        return Scores(super().score(case).values + len(SEEN))


SEEN: list[int] = []
