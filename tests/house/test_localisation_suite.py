"""The built-in suite localisation."""

from dataclasses import replace
from pathlib import Path

from whybench.registries import fill
from whybench.runner import run
from whybench.store import Store
from whybench.suite import suite

AREAS = [562, 313, 239, 156, 247, 182, 131, 77]
"""Pixels of the first shapes."""


def test_every_pair_has_a_value_and_gradients_find_what_is_exactly_known() -> None:
    fill()
    found = suite("localisation")
    assert {(b.model_name, b.dataset_name, b.target) for b in found.blocks} == {
        ("patch_detector", "planted_patches", "label"),
        ("patch_cnn", "planted_patches", "label"),
        ("shapes_cnn", "drawn_shapes", "label"),
        ("mosaic_cnn", "digit_mosaics", "label"),
        ("efficientnet_lite0", "photograph_mosaics", "label"),
    }
    for block in found.blocks:
        assert {"random", "constant", "centre"} <= {entry.label for entry in block.methods}
    store = Store.memory()
    run(replace(found, blocks=(replace(found.blocks[0], samples=8),)), store)
    records = store.records()
    assert {r.status for r in records} == {"ok"}
    mass = {r.subject.method: [s.score for s in r.samples] for r in records if r.metric == "relevance_mass"}
    assert mass["gradient"] == [1.0] * 8
    assert max(mass["constant"]) == 9 / 256


def test_trained_models_have_values_and_mosaics_have_focus() -> None:
    """The first samples of each block; a map that is spread evenly scores the mask's share of the area."""
    fill()
    found = suite("localisation")
    trained = [b for b in found.blocks if b.model_name.endswith("_cnn")]
    store = Store.memory()
    run(replace(found, blocks=tuple(replace(block, samples=8) for block in trained)), store)
    records = store.records()
    assert {r.status for r in records} == {"ok"}
    constant = {
        (r.subject.dataset, r.metric): [s.score for s in r.samples] for r in records if r.subject.method == "constant"
    }
    assert constant["planted_patches", "relevance_mass"] == [9 / 256] * 8
    assert constant["digit_mosaics", "relevance_mass"] == constant["digit_mosaics", "focus"] == [1 / 4] * 8
    assert [round(score * 48**2) for score in constant["drawn_shapes", "relevance_mass"]] == AREAS
    assert {dataset for dataset, metric in constant if metric == "focus"} == {"digit_mosaics"}


def test_the_page_on_ground_truth_has_every_pair(root: Path) -> None:
    fill()
    lines = (root / "docs" / "ground_truth.md").read_text(encoding="utf-8").splitlines()
    rows = [tuple(cell.strip("` ") for cell in line.split("|")[1:3]) for line in lines if line.startswith("| `")]
    assert rows[: len(suite("localisation").blocks)] == [
        (b.model_name, b.dataset_name) for b in suite("localisation").blocks
    ]
