"""Faults of the field, each caught by `whybench check`, by the goldens and by `whybench compare`."""

import re
from pathlib import Path

import numpy as np
import pytest
import reference_scores
import torch
from field_faults import FAULTS, METHODS, METRICS, Fault
from integer_model import explained, opened
from reference_rows import Row, method_rows, metric_rows
from slow_world import IDS

import whybench
from whybench import registries
from whybench.checking import check
from whybench.comparing import compared, store_side
from whybench.domains import ImageDomain
from whybench.protocols import Dataset, Model
from whybench.store import Store
from whybench.suite import Suite, block
from whybench.testing.differences import maps_differ, scores_differ

registries.fill()
FACTS, MAPS = reference_scores.stored()
ROWS: dict[str, Row] = {row.name: row for row in (*method_rows(), *metric_rows())}
SIDE = 4

by_fault = pytest.mark.parametrize("fault", FAULTS, ids=[fault.name.replace(" ", "-") for fault in FAULTS])


@by_fault
def test_check_names_it(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    (sound,) = check(fault.checked, only=(fault.clause,)).findings
    assert sound.verdict == "passed", sound
    fault.patch(monkeypatch)
    (broken,) = check(fault.checked, only=(fault.clause,)).findings
    assert broken.verdict == "failed", broken
    assert re.search(fault.values, broken.values), broken.values


def moved(name: str) -> str:
    """How a method or a metric differs from its golden; nothing where it does not."""
    row = ROWS[name]
    within = reference_scores.TOLERANCE
    if name in MAPS:
        return maps_differ(explained(row.spec), MAPS[name], within)
    found = whybench.metric(row.spec).score(opened(row.method))
    values = {sample: float(found.values[i]) for i, sample in enumerate(IDS)}
    return scores_differ(values, FACTS["metrics"][name]["scores"], within)


@by_fault
def test_the_goldens_move(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    opened.cache_clear()
    assert moved(fault.golden) == ""
    fault.patch(monkeypatch)
    opened.cache_clear()
    assert re.search(r"[1-9]\d* of \d+ (values|scores) differ", moved(fault.golden))
    opened.cache_clear()


@pytest.fixture(scope="module")
def suite() -> Suite:
    """A square network, so that nothing but the scores tells that height and width were exchanged."""
    generator = torch.Generator().manual_seed(3)
    layers = [torch.nn.Conv2d(1, 4, 3, padding=1), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(64, 3)]
    net = torch.nn.Sequential(*layers)
    for parameter in net.parameters():
        parameter.data = 0.5 * torch.randn(parameter.shape, generator=generator)
    images = np.random.default_rng(0).normal(size=(6, 1, SIDE, SIDE)).astype("float32")
    masks = [np.eye(SIDE, k=2, dtype=bool)] * 6
    dataset = Dataset("images", list(images), tuple("abcdef"), torch.arange(6) % 3, masks=masks)
    return Suite("faults", (block(Model("net", net, ImageDomain()), dataset, METHODS, METRICS),))


def ran(suite: Suite, place: Path) -> str:
    store = Store.open(f"sqlite:///{place}")
    suite.run(store)
    store.close()
    return f"sqlite:///{place}"


@pytest.fixture(scope="module")
def sound(suite: Suite, tmp_path_factory: pytest.TempPathFactory) -> str:
    return ran(suite, tmp_path_factory.mktemp("sound") / "store.db")


@by_fault
def test_compare_names_its_cells(
    suite: Suite, sound: str, tmp_path: Path, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault.patch(monkeypatch)
    found = compared(store_side(sound), store_side(ran(suite, tmp_path / "store.db")))
    assert {(c.address.method.name, c.address.metric.name) for c in found.regressions} == fault.cells
    assert found.counts == {"changed": len(fault.cells), "unchanged": len(METHODS) * len(METRICS) - len(fault.cells)}
