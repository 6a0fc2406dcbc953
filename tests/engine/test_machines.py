"""Machines that tell less about themselves: no /proc, no installed version."""

import hashlib
from pathlib import Path

import pytest
import torch

from whybench import environment as machine
from whybench import meter
from whybench.meter import Meter


def test_without_proc_the_lifetime_peak_is_what_is_known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(meter, "_CLEAR", tmp_path / "missing" / "clear")
    monkeypatch.setattr(meter, "_STATUS", tmp_path / "missing" / "status")
    with (section := Meter().section()):
        torch.ones(8 * 2**20)
    assert section.cost.peak_bytes is not None
    assert section.cost.peak_bytes >= 0
    linux = meter._lifetime_peak()
    monkeypatch.setattr(meter.sys, "platform", "darwin")
    assert meter._lifetime_peak() == pytest.approx(linux / 1024, rel=0.5)


def test_answers_that_are_no_batch_are_not_counted() -> None:
    counting = Meter()
    with counting.watching(module := torch.nn.Identity()):
        module(torch.tensor(1.0))
        module((torch.zeros(3), torch.zeros(3)))
        module(torch.zeros(2, 3))
    assert counting.forward == 2


def test_a_processor_without_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*args: object, **keywords: object) -> None:
        raise FileNotFoundError

    monkeypatch.setattr("builtins.open", missing)
    monkeypatch.setattr(machine.platform, "processor", lambda: "abacus")
    assert machine._processor() == "abacus"


def test_libraries_that_are_not_there() -> None:
    assert machine.library_version("no-such-library") == "not installed"
    assert machine.environment()["libraries"]["whybench"] != "not installed"


class _Installed:
    version = "0.1.0"

    def __init__(self, origin: str | None) -> None:
        self.origin = origin

    def read_text(self, _: str) -> str | None:
        return self.origin


@pytest.mark.parametrize("origin", [None, '{"url": "file:///here", "dir_info": {}}'])
def test_a_release_is_named_by_its_version(monkeypatch: pytest.MonkeyPatch, origin: str | None) -> None:
    monkeypatch.setattr(machine, "distribution", lambda _: _Installed(origin))
    assert machine.engine() == "0.1.0"


def test_a_working_tree_is_named_by_its_code_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "whybench" / "linked").mkdir(parents=True)
    (tmp_path / "methods").mkdir()
    (tmp_path / "methods" / "gradient.py").write_text("SIGN = 1\n")
    (tmp_path / "whybench" / "methods").symlink_to(tmp_path / "methods")
    monkeypatch.setattr(machine, "__file__", str(tmp_path / "whybench" / "environment.py"))
    monkeypatch.setattr(machine, "distribution", lambda _: _Installed('{"dir_info": {"editable": true}}'))
    before = machine.engine()
    content = hashlib.sha256(b"SIGN = 1\n").hexdigest()
    expected = hashlib.sha256(f"methods/gradient.py\0{content}\0".encode()).hexdigest()
    assert before == f"0.1.0+code.{expected[:12]}"
    (tmp_path / "whybench" / "page.html.j2").write_text("no number")
    assert machine.engine() == before
    (tmp_path / "methods" / "gradient.py").write_text("SIGN = -1\n")
    assert machine.engine() != before
