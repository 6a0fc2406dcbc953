"""publish, verify and merge on the command line: exit codes, JSON, and what they print."""

import json
from pathlib import Path

import pytest
from small_run import SMALL


@pytest.fixture
def small_site(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures take longer than the runs of these tests."""

    def report(store: object, suite: str, to: Path) -> Path:
        to.mkdir(parents=True, exist_ok=True)
        (to / "index.html").write_text("<!doctype html><title>board</title>")
        return to / "index.html"

    monkeypatch.setattr("whybench.report.write_report", report)
    monkeypatch.setattr("whybench.cli.running.write_report", report)


SUITE = """
from whybench.suite import Suite, block

suite = Suite("custom", (block("digits_cnn", "digits", ["gradient", "random"], ["pixel_flipping(steps=4)"], 4),))
"""


def test_publish_verify_and_merge(whybench, small_site, folder):
    assert whybench(*SMALL, "-m", "gradient", "-m", "random", "-x", "pixel_flipping(steps=4)").code == 0
    made = whybench("publish", "--to", "out")
    assert made.code == 0
    assert "files of custom written to out" in made.out
    assert "whybench verify out --nonce" in made.out
    checked = whybench("verify", "out")
    assert (checked.code, checked.err) == (0, "")
    assert "all that was checked agrees; rows: 2 claimed" in checked.out
    (folder / "mine.py").write_text(SUITE)
    found = json.loads(whybench("verify", "out", "--suite", "mine.py:suite", "--cells", "2", "--json", "--write").out)
    assert (found["ok"], found["levels"]) == (True, {"reproduced in full": 2})
    assert json.loads((folder / "out" / "verification.json").read_text())["nonce"] == found["nonce"]
    assert "reproduced in full" in (folder / "out" / "verification.html").read_text()
    merged = whybench("merge", "out", "--store", "sqlite:///other.db")
    assert merged.code == 0
    assert "out: 2 cells added to custom, 0 there already" in merged.out
    assert "which was not checked, says of its rows: 2 reproduced in full" in merged.out
    (status,) = json.loads(whybench("status", "--store", "sqlite:///other.db", "--json").out)
    assert status["status"] == {"ok": 2}
    (again,) = json.loads(whybench("merge", "out", "--store", "sqlite:///other.db", "--json").out)
    assert (again["added"], again["held"]) == (0, 2)


def test_a_failed_check_is_1_and_a_refusal_too(whybench, small_site, folder):
    assert whybench(*SMALL, "-m", "gradient", "-x", "pixel_flipping(steps=4)").code == 0
    assert whybench("publish", "--to", "out", "--json").code == 0
    (folder / "out" / "board.md").write_text("# We win\n")
    checked = whybench("verify", "out")
    assert checked.code == 1
    assert "board.md holds 9 bytes" in " ".join(checked.out.split())
    found = json.loads(whybench("verify", "out", "--json").out)
    assert not found["ok"]
    refused = whybench("merge", "out", "--store", "sqlite:///other.db")
    assert refused.code == 1
    assert refused.err.startswith("whybench: out is refused: files: board.md holds 9 bytes")
    assert whybench("verify", "out", "--nonce", "1").code == 2  # nobody knows the suite `custom`
    assert whybench("verify", "nowhere").code == 2
    assert whybench("publish", "--to", ".").code == 2
    assert whybench("publish", "--to", "out2", "nothing").code == 2
    assert whybench("publish", "--to", "out2", "--suite", "nothing").code == 2
