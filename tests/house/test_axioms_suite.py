"""The built-in suite axioms, and that no metric is without a suite."""

from dataclasses import fields, replace

from whybench.registries import fill, metrics, suites
from whybench.runner import run
from whybench.store import Store
from whybench.suite import suite

DOUBLES = {
    "abpc": "srg with one infill",
    "aopc": "the clean output less pixel_flipping",
    "selectivity": "pixel_flipping",
}


def test_every_metric_of_our_own_is_in_a_suite_but_for_doubles_of_others() -> None:
    fill()
    own = {name for name in metrics if metrics[name].__module__.startswith("whybench.") and "/" not in name}
    built_in = [name for name in suites if suites[name].__module__.startswith("whybench.") and not fields(suites[name])]
    used = {metric.name for name in built_in for block in suite(name).blocks for metric in block.metrics}
    assert own - used == set(DOUBLES)


def test_the_axioms_and_sanity_families_are_whole_but_for_what_trains_again() -> None:
    fill()
    asked = {metric.name for block in suite("axioms").blocks for metric in block.metrics}
    families = {name for name in metrics if metrics[name].family in ("axiom", "sanity") and "/" not in name}
    assert families - asked == {"data_randomisation"}


def test_every_small_cell_has_a_value_and_the_constant_map_holds_the_axioms() -> None:
    fill()
    found = suite("axioms")
    few = ("gradient", "rap", "integrated_gradients", "pattern_net", "constant")
    small = [
        replace(b, methods=tuple(e for e in b.methods if e.label in few), samples=4)
        for b in found.blocks
        if b.model_name in ("breast_cancer_mlp", "planted('watermark')")
    ]
    store = Store.memory()
    run(replace(found, blocks=tuple(small)), store)
    records = store.records()
    assert {record.status for record in records} == {"ok"}
    assert all(any(s.score is not None for s in r.samples) for r in records if r.subject.method != "constant")
    unmoved = ("implementation_invariance", "input_invariance", "symmetry")
    constant = [r for r in records if r.subject.method == "constant" and str(r.metric).startswith(unmoved)]
    assert {s.score for r in constant for s in r.samples} == {0.0}
