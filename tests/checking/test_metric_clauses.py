"""Clauses of metrics are broken by the faults that they are for, told with their values."""

import re
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import pytest
import torch

from whybench.checking import check
from whybench.metrics.attribution import Complexity, Mprt, PixelFlipping
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


FAULTS = [
    ("C30", WithoutTheCleanPoint(), r"and its reverse add up to [-\d.]+; \w+ add up to [-\d.]+"),
    ("C28", CurveWithoutTheCleanPoint(), r"the curve goes from 0\.0\d+ to 1; from 0, the clean input, to 1 is all"),
    ("C25", TurnedRound(), "from the best map to the worst: .*, with higher_is_better=True"),
    ("C26", ByTheInput(), "for the map times 1024, .* for the map; apart by"),
    ("C1", ByTheInput(), "outside the declared range 0 to"),
    ("C5", Drawing(), "global generators moved: torch's"),
    ("C8", OverSamples(), "1 alone, .* among others"),
    ("C27", Mirrored(seeds=2), r"a map that never changes scores \[0\.5"),
]


@pytest.mark.parametrize(("clause", "metric", "values"), FAULTS, ids=[f"{r[0]} {type(r[1]).__name__}" for r in FAULTS])
def test_a_fault_breaks_its_clause(clause: str, metric: object, values: str) -> None:
    (finding,) = check(metric, only=(clause,)).findings
    assert finding.verdict == "failed", finding
    assert re.search(values, finding.values), finding.values


def test_a_sound_metric_passes() -> None:
    report = check(PixelFlipping())
    assert report.failed() == []
    assert report.verdicts()["C30"] == "passed"


@pytest.mark.parametrize("spec", ["planted(design='shortcut')", "patch_detector"])
def test_a_sound_model_passes(spec: str) -> None:
    import whybench

    report = check(whybench.model(spec))
    assert report.sort == "model"
    assert report.failed() == []
