"""The built-in suites: every pair of method and model that may be unsupported is listed here, and no other is."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from whybench.cases import ask
from whybench.errors import Unsupported
from whybench.loading import load
from whybench.protocols.asking import ask_targets
from whybench.registries import fill, methods
from whybench.streams import Streams
from whybench.suite import Suite, suite

UNSUPPORTED = {("captum/lrp", "digits_cnn"): "captum/lrp has no rule for Flatten in model 'digits_cnn'"}

LEARN = ("deep_shap", "expected_gradients", "masking_model", "pattern_attribution", "pattern_net", "shap/deep")
AT_MODULES = ("deconvolution", "deep_lift", "deep_lift_shap", "guided_backprop", "guided_grad_cam", "lrp")
PUBLISHED = {
    ("captum/lrp", "digits_cnn"),
    *((method, "efficientnet_lite0") for method in LEARN),
    *((f"captum/{method}", "efficientnet_lite0") for method in AT_MODULES),
}
"""Photographs have no training data; Captum changes gradients at modules that EfficientNet-Lite0 does not have."""

RESULTS = Path(__file__).parents[2] / "results" / "attribution_full"


def refused(found: Suite) -> dict[tuple[str, str], str]:
    """What explaining one sample by each of the suite's methods is refused with."""
    reasons = {}
    for block in found.blocks:
        bench = load(replace(block, samples=1), "cpu")
        targets = ask_targets(bench.model, bench.inputs, None)
        for entry in block.methods:
            try:
                ask(entry.method, bench.model, bench.inputs, targets, bench.ids, Streams(0), rows=8)
            except Unsupported as error:
                reasons[entry.label, bench.model.name] = str(error)
    return reasons


@pytest.mark.slow
@pytest.mark.parametrize("name", ["quickstart", "imagenet"])
def test_unsupported_pairs_are_those_that_are_listed(name: str) -> None:
    fill()
    found = refused(suite(name))
    expected = {pair: why for pair, why in UNSUPPORTED.items() if pair in found}
    assert found == expected
    assert name != "quickstart" or found == UNSUPPORTED


def test_in_the_published_full_board_nothing_failed_and_the_listed_pairs_are_unsupported() -> None:
    made = pd.read_parquet(RESULTS / "explanations.parquet")
    assert set(made["status"]) == {"ok", "unsupported"}
    refusals = made[made["status"] == "unsupported"]
    assert set(zip(refusals["method"], refusals["model"], strict=True)) == PUBLISHED


def test_the_full_suite_has_every_method() -> None:
    fill()
    entries = {entry.method.name for block in suite("attribution_full").blocks for entry in block.methods}
    built_in = {name for name in methods if methods[name].__module__.startswith("whybench.")}
    assert built_in - entries == {"inverted", "best_order", "exact_shapley"}  # a control of controls, and oracles


def test_quickstart_has_what_it_promises() -> None:
    fill()
    found = suite("quickstart")
    assert {(b.model_name, b.dataset_name) for b in found.blocks} == {
        ("digits_cnn", "digits"),
        ("breast_cancer_mlp", "breast_cancer"),
        ("diabetes_mlp", "diabetes"),
        ("efficientnet_lite0", "imagenet_photos"),
    }
    for block in found.blocks:
        labels = {entry.label for entry in block.methods}
        assert len(labels) < 4 or {"random"} <= labels
        assert block.model_name != "efficientnet_lite0" or block.samples == 8
    assert found.seed == 0


def test_metric_sensitivity_holds_every_combination_once() -> None:
    fill()
    digits, photographs = suite("metric_sensitivity").blocks
    for found, combinations in ((digits, 4 * 2 * 3 * 3), (photographs, 2 * 2 * 1 * 2)):
        assert len(set(found.metrics)) == len(found.metrics) == 2 * combinations
        readings = [(e.method.name, getattr(e.method, "polarity", None)) for e in found.methods]
        explained = [name for name, _ in readings if name not in ("random", "sobel_edges")]
        assert {explained.count(name) for name in explained} <= {2, 4}  # two composites of lrp
