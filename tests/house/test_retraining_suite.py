"""The built-in suite retraining."""

from dataclasses import replace

import pytest

from whybench.loading import load_model
from whybench.protocols import Model
from whybench.registries import fill
from whybench.runner import run
from whybench.store import Store
from whybench.suite import suite
from whybench.suites.quickstart import CONTROLS, IMAGE_CONTROLS


def test_models_that_can_be_trained_again_and_every_control() -> None:
    fill()
    digits, tumours = suite("retraining").blocks
    for found, controls in ((digits, IMAGE_CONTROLS), (tumours, CONTROLS)):
        assert set(controls) <= {entry.label for entry in found.methods}
        assert [metric.name for metric in found.metrics] == ["roar", "road", "data_randomisation"]
        assert found.samples is None
        model = load_model(found.model)
        assert isinstance(model, Model)
        for metric in found.metrics:
            assert metric.needs <= model.capabilities


@pytest.mark.slow
def test_on_tumours_every_pair_has_a_value() -> None:
    fill()
    whole = suite("retraining")
    tumours = whole.blocks[1]
    few = tuple(entry for entry in tumours.methods if entry.label in ("gradient", "random", "constant"))
    store = Store.memory()
    run(replace(whole, blocks=(replace(tumours, methods=few),)), store)
    records = store.records()
    assert len(records) == 9
    assert {record.status for record in records} == {"ok"}
    roar = {r.subject.method: r for r in records if r.metric == "roar"}
    clean = {name: sum(s.details["removed 0 %"] for s in r.samples) / 113 for name, r in roar.items()}
    assert len(set(clean.values())) == 1
    assert min(clean.values()) >= 0.94
