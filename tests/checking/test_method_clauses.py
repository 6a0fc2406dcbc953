"""Every clause of methods is broken by the fault that it is for, told with its values, and by no sound method."""

import re

import faulty_methods as faulty
import pytest
import torch
from faulty_methods import changed, gradient, product, said

from whybench.checking import check, clauses

SOUND = [
    said(gradient, stochastic=False),
    faulty.Refusing,
    faulty.Own(),
    faulty.saliency,
]

FAULTS = [
    ("C1", changed(lambda found: found.sum(1)), r"shape \(4,\) for inputs \(4, 6\); expected \(4, 6\)", False),
    ("C1", changed(lambda found: found.mT if found.ndim == 4 else found), r"shape \(4, 2, 9, 6\) for inputs", False),
    ("C2", changed(torch.Tensor.float), r"torch\.float32 for inputs in torch\.float64", False),
    ("C2", faulty.in_float32, r"torch\.float16 inputs raise RuntimeError: mat1 and mat2 must have the same", True),
    ("C2", said(faulty.over_its_length, stochastic=False), r"torch\.float16 and float64 lie apart by", True),
    ("C3", faulty.by_hash, r"in another process, -?[\d.e+]+ in this one", False),
    ("C3", faulty.numpy_noise, r"sample '\w+', position \(\d,\): -?[\d.]+ the second time, -?[\d.]+ the first", False),
    ("C4", faulty.SaidToDraw(), "seeds 0 and 1 give the same bits, though `stochastic` is True", True),
    ("C4", said(lambda m, x, t: gradient(m, x, t) + torch.rand(1), stochastic=False), "with seed 1", False),
    ("C5", faulty.moving, "global generators moved: torch's", True),
    ("C6", changed(lambda found: found / found.abs().max()), "in batches of 1, .* in one of 4; apart by", False),
    ("C6", changed(lambda found: found[:1].expand_as(found).clone()), "in batches of 1", False),
    ("C7", changed(faulty.by_position), "in another order", False),
    ("C8", changed(lambda found: found - found.mean(0)), r"beside (NaN|a sample 100 times as large)", False),
    ("C9", faulty.backward, r"whether '[\w.]*weight' has a gradient: False before, True after", False),
    ("C10", faulty.on_the_input_itself, r"inputs\.requires_grad: False before, True after", False),
    (
        "C11",
        faulty.hooked,
        "at call 1: the number of forward hooks of the module: 0 before, 1 after",
        True,
    ),
    ("C12", faulty.Careless, r"'first_norm\.running_mean' changed", True),
    ("C13", faulty.viewed, "transposed inputs raise RuntimeError: view size is not compatible", True),
    (
        "C14",
        faulty.Bare,
        r"under torch\.no_grad it raises RuntimeError: element 0 of tensors does not require grad",
        True,
    ),
    ("C15", faulty.over_its_size, r"zero inputs: \d+ values not finite", True),
    ("C16", faulty.Filling, "an input with nan has the finite map", True),
    ("C17", faulty.squared, r"inputs times 1e\+30 give \d+ values that are not finite", False),
    ("C17", faulty.of_the_probability, r"outputs from -10000 to 10000 in torch\.float64 give \d+ values that", False),
    ("C18", changed(faulty.by_place, stochastic=False), "with the columns exchanged", False),
    ("C19", faulty.of_the_first_class, "the maps are the same for targets \\[0, 2, 1, 1\\] and all others", False),
    ("C20", faulty.TakesAnything(), "no_such_parameter=1 raises AttributeError .* in place of BadParameter", False),
    ("C21", faulty.counting, "asked again after others", False),
    ("C21", faulty.through_a_global, "beside another thread, .* alone", True),
    ("C21", faulty.by_threads, "with 2 of torch's threads, .* before", True),
    ("C22", faulty.HoldsAnObject(), "parameter 'rule' is written as '<object object at 0x", True),
    ("C23", faulty.hoarding, r"8 calls leave 1536 more bytes of tensors alive", True),
    ("C24", faulty.guided_modules, "written as Functional, .* with a module for each step", True),
    ("C29", faulty.counting, "complexity .* in a grid, .* alone", False),
    ("C30", said(changed(torch.abs, product), complete="f(x)"), r"sample '\w+': the map sums to .*, f\(x\) is", True),
    (
        "C30",
        changed(lambda found: found, signed=False, polarity="contribution"),
        r"a relevance of -[\d.]+, though `signed` is False",
        True,
    ),
    ("C30", faulty.saliency_without_its_abs, r"by negative weights has the relevance -[\d.]+ in the mean, .* 0,", True),
    ("C30", faulty.saliency_of_images, r"by negative weights has the relevance -[\d.]+ in the mean, .* 0,", False),
    ("C30", faulty.MutatedLrp(), r"the map sums to .*, f\(x\) is", True),
    ("C31", faulty.said_to_be_z_plus, r"-?[\d.]+ in its map, -?[\d.]+ by the definition of lrp epsilon_plus", True),
    ("C31", said(lambda *asked: gradient(*asked), closed_form="gradeint"), "'gradeint'; known are gradient, ", False),
    ("C30", changed(lambda found: found.flip(3) if found.ndim == 4 else found, product), "planted pixels have", True),
]
"""The clause, a faulty method, the values that are shown, and whether no other clause is broken by it."""


@pytest.mark.parametrize("method", SOUND, ids=["function", "class", "own", "saliency"])
def test_a_sound_method_passes(method: object) -> None:
    report = check(method)
    assert report.passed
    assert {finding.verdict for finding in report.findings} <= {"passed", "not applicable"}


@pytest.mark.parametrize(
    ("clause", "method", "values"), [row[:3] for row in FAULTS], ids=[f"{row[0]} {i}" for i, row in enumerate(FAULTS)]
)
def test_a_fault_breaks_its_clause(clause: str, method: object, values: str) -> None:
    (finding,) = check(method, only=(clause,)).findings
    assert finding.verdict == "failed", finding
    assert re.search(values, finding.values), finding.values
    assert finding.where
    assert finding.remedy


def test_every_clause_has_a_fault() -> None:
    assert {clause.id for clause in clauses("method")} == {clause for clause, *_ in FAULTS}


@pytest.mark.slow
@pytest.mark.parametrize(("clause", "method"), [(row[0], row[1]) for row in FAULTS if row[3]])
def test_a_fault_of_one_clause_breaks_no_other(clause: str, method: object) -> None:
    assert check(method, models=("linear", "mlp", "cnn", "oblong")).failed() == [clause]
