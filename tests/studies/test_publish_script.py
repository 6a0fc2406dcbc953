"""benchmarks/publish.py writes a folder that verifies, with what a study adds to it."""

import json
from pathlib import Path

import publish as script
import pytest
import torch

from whybench.domains import TabularDomain
from whybench.protocols import Dataset, Model
from whybench.publishing import verify
from whybench.suite import Suite, block


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two cells, no figures, and another place for results."""
    module = torch.nn.Linear(3, 2).double().eval()
    model = Model(name="line", module=module, domain=TabularDomain(mean=0.0))
    samples = list(torch.eye(3, dtype=torch.float64))
    rows = Dataset("rows", samples, ("a", "b", "c"), torch.zeros(3, dtype=torch.int64))
    suite = Suite("small", (block(model, rows, ["gradient", "random"], ["pixel_flipping(steps=3)"]),))

    def report(store: object, suite: str, to: Path) -> None:
        to.mkdir(parents=True)
        (to / "index.html").write_text("<!doctype html><title>board</title>")

    monkeypatch.setattr(script, "find_suite", lambda name: suite)
    monkeypatch.setattr(script, "RESULTS", tmp_path)
    monkeypatch.setattr("whybench.report.write_report", report)
    return tmp_path


def test_the_folder_verifies_and_is_written_again(small: Path) -> None:
    (small / "small").mkdir()
    (small / "small" / "figure.svg").write_text("<svg/>")
    for _ in range(2):
        to = script.publish("small")
        assert to == small / "small"
        assert verify(to).ok
        listed = json.loads((to / "manifest.json").read_text())["files"]
        assert {"README.md", "environment.json", "figure.svg", "site/index.html", "board.csv"} <= set(listed)
    (to / "more.csv").write_text("a,b\n")
    assert not verify(to).ok
    script.cover(to)
    assert verify(to).ok
    script.cover(small)  # a folder that is no publication is left alone
    assert [path.name for path in small.iterdir()] == ["small"]
