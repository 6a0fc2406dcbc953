"""Names, facts and refusals of Quantus' metrics, wherever Quantus is or is not installed."""

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import whybench
from whybench.catalogue import catalogue
from whybench.errors import BadParameter, Unsupported
from whybench.metrics.attribution.quantus_adapters import METRICS
from whybench.metrics.attribution.quantus_adapters.answers import scores_of
from whybench.metrics.attribution.quantus_adapters.explainer import quadrants
from whybench.metrics.attribution.quantus_adapters.library import area

MODULE, INPUTS = nn.Sequential(nn.Flatten(), nn.Linear(16, 3)), torch.rand(2, 1, 4, 4)


def test_every_metric_is_listed_with_its_facts() -> None:
    listed = {entry["name"]: entry for entry in catalogue("metrics") if entry["name"].startswith("quantus/")}
    assert len(listed) == len(METRICS) == 37
    flipping = listed["quantus/pixel_flipping"]
    assert flipping["parameters"]["perturb_baseline"] == "black"
    assert (flipping["family"], flipping["higher_is_better"]) == ("faithfulness", False)
    assert listed["quantus/focus"]["needs"] == ["image", "masks"]
    assert listed["quantus/mprt"]["trivial"]
    assert {entry["family"] for entry in listed.values()} == {
        "axiom",
        "complexity",
        "faithfulness",
        "localisation",
        "robustness",
        "sanity",
    }


def test_the_direction_follows_the_order_of_the_regions() -> None:
    assert whybench.metric("quantus/region_perturbation").higher_is_better
    assert not whybench.metric("quantus/region_perturbation(order='lerf')").higher_is_better


def test_listing_imports_no_quantus() -> None:
    program = (
        "import sys; from whybench.catalogue import catalogue; catalogue('metrics'); print('quantus' in sys.modules)"
    )
    assert (
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "False\n"
    )


def test_without_quantus_a_cell_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "quantus", None)
    board = whybench.evaluate(MODULE, INPUTS, methods=["gradient"], metrics=["quantus/sparseness"])
    (record,) = board.records
    assert record.status == "unsupported"
    assert record.reason == (
        "quantus/sparseness is computed by the library Quantus: quantus is not installed; install it with: "
        "python -m pip install 'whybench[quantus]'"
    )


def test_what_cannot_be_had_a_sample_is_refused_with_its_reason() -> None:
    (record,) = whybench.evaluate(MODULE, INPUTS, methods=["gradient"], metrics=["quantus/sensitivity_n"]).records
    assert record.status == "unsupported"
    assert "none for a sample" in record.reason


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("quantus/pixel_flipping(feature_in_step=2)", "Did you mean features_in_step"),
        ("quantus/pixel_flipping(features_in_step='two')", "expected int"),
        ("quantus/road(percentages=3)", "expected tuple"),
    ],
)
def test_parameters_are_typed(spec: str, message: str) -> None:
    with pytest.raises(BadParameter, match=message):
        whybench.metric(spec)


@pytest.mark.parametrize(
    ("answers", "values"),
    [
        ([[True, False]], [1.0, 0.0]),
        ([[0.5, float("nan")]], [0.5, None]),
        ([[[1.0, 3.0], [2.0, float("inf")]]], [2.0, None]),
        ([{"first": [1.0, 0.0], "second": [0.0, 0.0]}], [0.5, 0.0]),
        ([{10: 1.0, 20: 0.0}, {10: 1.0, 20: 1.0}], [0.5, 1.0]),
    ],
)
def test_answers_become_one_number_a_sample(answers: list[Any], values: list[float | None]) -> None:
    scores = scores_of(answers, 2, "quantus/x")
    assert [None if i in scores.undefined else v for i, v in enumerate(scores.values.tolist())] == values
    assert set(scores.undefined.values()) <= {"Quantus returned NaN", "Quantus returned infinity"}


def test_answers_for_other_samples_are_refused() -> None:
    with pytest.raises(Unsupported, match="3 x 1 numbers for 2 samples"):
        scores_of([[1.0, 2.0, 3.0]], 2, "quantus/x")


def test_quadrants() -> None:
    masks = np.zeros((2, 4, 6), dtype=bool)
    masks[0, :2, 3:] = masks[1, 2:] = True
    assert quadrants(masks, "quantus/focus").tolist() == [[0, 1, 0, 0], [0, 0, 1, 1]]
    masks[0, 0, 0] = True
    with pytest.raises(Unsupported, match="no whole quarters"):
        quadrants(masks, "quantus/focus")


def test_the_area_is_the_one_that_numpy_no_longer_calls_trapz() -> None:
    assert area([1.0, 3.0, 5.0]) == 6.0
    assert area([[1.0, 3.0], [0.0, 2.0]], batched=True).tolist() == [2.0, 1.0]
