"""The built-in suite robustness."""

from dataclasses import replace

from whybench.registries import fill, metrics
from whybench.runner import run
from whybench.store import Store
from whybench.suite import suite


def test_it_holds_the_whole_family_and_the_controls() -> None:
    fill()
    blocks = suite("robustness").blocks
    family = {name for name in metrics if metrics[name].family == "robustness" and "/" not in name}
    assert {metric.name for metric in blocks[0].metrics} == family
    for block in blocks:
        assert {metric.family for metric in block.metrics} == {"robustness"}
        assert {"random", "constant"} <= {entry.label for entry in block.methods}


def test_every_pair_has_a_value_and_the_constant_map_never_moves() -> None:
    fill()
    found = suite("robustness")
    few = ("gradient", "grad_cam", "constant")
    small = [replace(b, methods=tuple(e for e in b.methods if e.label in few), samples=2) for b in found.blocks[:2]]
    store = Store.memory()
    run(replace(found, blocks=tuple(small)), store)
    records = store.records()
    assert {record.status for record in records} == {"ok"}
    scores = [s.score for r in records if r.subject.method == "constant" for s in r.samples if s.score is not None]
    assert set(scores) == {0.0}
