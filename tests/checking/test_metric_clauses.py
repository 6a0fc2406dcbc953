"""Clauses of metrics are broken by the faults that they are for, told with their values."""

import re

import faulty_metrics as faulty
import pytest

from whybench.checking import check, clauses
from whybench.metrics.attribution import PixelFlipping

FAULTS = [
    ("C30", faulty.WithoutTheCleanPoint(), r"and its reverse add up to [-\d.]+; \w+ add up to [-\d.]+"),
    ("C28", faulty.CurveWithoutTheCleanPoint(), r"the curve goes from 0\.0\d+ to 1; from 0, the clean input, to 1"),
    ("C25", faulty.TurnedRound(), "from the best map to the worst: .*, with higher_is_better=True"),
    ("C26", faulty.ByTheInput(), "for the map times 1024, .* for the map; apart by"),
    ("C1", faulty.ByTheInput(), "-[\\d.]+.* outside the declared range 0 to"),
    ("C3", faulty.SeededByTheClock(), r"position \(\d,\): [\d.]+ the second time, [\d.]+ the first"),
    ("C5", faulty.Drawing(), "global generators moved: torch's"),
    ("C6", faulty.ByTheRows(), r"[\d.]+ with one row a pass, [\d.]+ with 64"),
    ("C7", faulty.ByPosition(), r"[\d.]+ in another order, [\d.]+ in the first"),
    ("C8", faulty.OverSamples(), "1 alone, .* among others"),
    ("C9", faulty.InTrainMode(), "the mode of the module: eval before, training after"),
    ("C10", faulty.Normalising(), "the map: the values of the inputs changed"),
    ("C15", faulty.Transposed(), "4 x 4 pixels: the best map scores 0, .* exchanged 0.9"),
    ("C15", faulty.ByHeight(), r"4 x 6 pixels: the best map scores 0\.\d+; with .* transposed to 6 x 4, 0\.\d+"),
    ("C20", faulty.TakesAnything(), "no_such_parameter=1 raises AttributeError .* in place of BadParameter"),
    ("C22", faulty.HoldsAnObject(), "parameter 'rule' is written as '<object object at 0x"),
    ("C27", faulty.Mirrored(seeds=2), r"a map that never changes scores \[0\.5"),
    ("C29", faulty.Counting(), r"\[[\d., ]+\] in a grid, \[[\d., ]+\] alone"),
]


@pytest.mark.parametrize(("clause", "metric", "values"), FAULTS, ids=[f"{r[0]} {type(r[1]).__name__}" for r in FAULTS])
def test_a_fault_breaks_its_clause(clause: str, metric: object, values: str) -> None:
    (finding,) = check(metric, only=(clause,)).findings
    assert finding.verdict == "failed", finding
    assert re.search(values, finding.values), finding.values
    assert finding.remedy


def test_every_clause_has_a_fault() -> None:
    """But for C16, which no metric can break: a map that is not finite is refused when it is made."""
    assert {clause.id for clause in clauses("metric")} == {clause for clause, *_ in FAULTS} | {"C16"}


def test_a_sound_metric_passes() -> None:
    report = check(PixelFlipping())
    assert report.failed() == []
    assert report.verdicts()["C30"] == "passed"
