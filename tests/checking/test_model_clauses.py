"""Clauses of models and datasets are broken by the faults that they are for, told with their values."""

import re
from typing import Any

import faulty_models as faulty
import pytest
import torch
from faulty_models import data, made

import whybench
from whybench.checking import check, clauses

MODELS = [
    ("C1", made(faulty.Linear(), class_names=("a", "b")), r"outputs \(6, 3\), 2 class names"),
    ("C2", made(faulty.HalfAnswer()), r"outputs in torch\.float16 for inputs in torch\.float32"),
    ("C2", made(faulty.InFloat32()), r"-?[\d.]+ in torch\.float32, -?[\d.]+ in float64"),
    ("C3", faulty.Another(), r"digest \w{12}, then \w{12}"),
    ("C3", made(faulty.Counting()), "the second time, .* the first"),
    ("C5", made(faulty.Drawing()), "an answer moved: torch's"),
    ("C6", made(faulty.OverTheBatch()), r"-?[\d.]+ alone, -?[\d.]+ in a batch"),
    ("C7", made(faulty.ByPosition()), r"-?[\d.]+ in another order, -?[\d.]+ in the first"),
    ("C8", made(faulty.OverTheBatch()), r"-?[\d.]+ beside a sample 100 times as large"),
    ("C9", faulty.LoadedInTrainMode(), "in train mode: the module, last"),
    ("C9", made(faulty.WritingIntoInputs()), r"values of 'last\.bias' changed"),
    ("C13", made(faulty.Viewing()), "it raises RuntimeError: view size is not compatible"),
    ("C14", made(faulty.Detached()), "outputs are cut off from the inputs: they have no graph"),
    ("C15", made(faulty.OverItsLength()), r"zero: 18 of 18 outputs are not finite"),
    ("C20", faulty.TakesAnything(), "no_such_parameter=1 raises AttributeError .* in place of BadParameter"),
    ("C21", made(faulty.Remembering()), r"-?[\d.]+ asked again after others, -?[\d.]+ the first time"),
    ("C22", faulty.HoldsAnObject(), "parameter 'rule' is written as '<object object at 0x"),
]

OTHER = [row.numpy() for row in faulty.ROWS[:4]]
MASKS = [faulty.ROWS[0].numpy() > 0] * 4
DATASETS = [
    ("C1", faulty.with_a_gap, "sample 'c' is not finite"),
    ("C1", data(labels=torch.tensor([0, 1, 7, 0])), r"labels \[7\] of 3 classes"),
    ("C1", data(masks=[mask.astype(int) for mask in MASKS]), r"mask int64 \(4,\) of sample 'a', \(4,\)"),
    (
        "C2",
        data(samples=[*OTHER[:3], OTHER[3].astype("float16")]),
        "sample 'd' is float16 of 1 dim.*, the first float32",
    ),
    ("C2", data(labels=torch.tensor([0.5, float("nan"), 1, 2]).double(), class_names=()), "labels are not finite: b"),
    ("C3", faulty.drawn_anew, r"digest \w{12}, then \w{12}"),
    ("C5", faulty.moving, "loading moved: torch's"),
    ("C7", data(samples=faulty.Slicing(OTHER)), "the first sample of two is not that of all: 'a'"),
    ("C8", faulty.learned_from_itself, "4 samples are in the training part: a, b, c, d"),
    ("C20", faulty.DataTakesAnything(), "no_such_parameter=1 raises AttributeError .* in place of BadParameter"),
    ("C21", data(samples=faulty.ReadOnce(OTHER)), "sample 'a' differs when it is read again"),
    ("C21", faulty.kept, "sample 'a' of a second loading is what was written into that of the first"),
    ("C22", faulty.DataHoldsAnObject(), "parameter 'rule' is written as '<object object at 0x"),
]
ROWS = [("model", *row) for row in MODELS] + [("dataset", *row) for row in DATASETS]


@pytest.mark.parametrize(
    ("sort", "clause", "thing", "values"), ROWS, ids=[f"{r[0]} {r[1]} {i}" for i, r in enumerate(ROWS)]
)
def test_a_fault_breaks_its_clause(sort: str, clause: str, thing: Any, values: str) -> None:
    report = check(thing, only=(clause,))
    (finding,) = report.findings
    assert report.sort == sort
    assert finding.verdict == "failed", finding
    assert re.search(values, finding.values), finding.values
    assert finding.remedy


def test_every_clause_has_a_fault() -> None:
    assert {clause.id for clause in clauses("model")} == {clause for clause, *_ in MODELS}
    assert {clause.id for clause in clauses("dataset")} == {clause for clause, *_ in DATASETS}


@pytest.mark.parametrize("spec", ["planted(design='shortcut')", "planted(design='saturating')", "patch_detector"])
def test_a_sound_model_passes(spec: str) -> None:
    report = check(whybench.model(spec))
    assert report.sort == "model"
    assert report.failed() == []


def test_what_is_sound_passes() -> None:
    for report in (check(made(faulty.Linear())), check(data()), check("wine")):
        assert report.failed() == []
