"""The built-in suite localisation."""

from dataclasses import replace

from whybench.registries import fill
from whybench.runner import run
from whybench.store import Store
from whybench.suite import suite


def test_every_pair_has_a_value_and_gradients_find_what_is_exactly_known() -> None:
    fill()
    found = suite("localisation")
    assert {(b.model_name, b.dataset_name, b.target) for b in found.blocks} == {
        ("patch_detector", "planted_patches", "label"),
        ("efficientnet_lite0", "photograph_mosaics", "label"),
    }
    assert {"random", "constant", "centre"} <= {entry.label for entry in found.blocks[0].methods}
    store = Store.memory()
    run(replace(found, blocks=(replace(found.blocks[0], samples=8),)), store)
    records = store.records()
    assert {r.status for r in records} == {"ok"}
    mass = {r.subject.method: [s.score for s in r.samples] for r in records if r.metric == "relevance_mass"}
    assert mass["gradient"] == [1.0] * 8
    assert max(mass["constant"]) == 9 / 256
