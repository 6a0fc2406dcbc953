"""The built-in suites: every pair of method and model that may be unsupported is listed here, and no other is."""

from dataclasses import replace

import pytest

from whybench.cases import ask
from whybench.errors import Unsupported
from whybench.loading import load
from whybench.protocols.asking import ask_targets
from whybench.registries import fill
from whybench.streams import Streams
from whybench.suite import Suite, suite

UNSUPPORTED = {("captum/lrp", "digits_cnn"): "captum/lrp has no rule for Flatten in model 'digits_cnn'"}


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
