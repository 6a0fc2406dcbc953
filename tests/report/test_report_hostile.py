"""Names given by people: shown as text, never run, never a path."""

import csv
import io
from pathlib import Path

import pytest
import torch
from page_checks import check_site, everything
from rich.console import Console
from tiny_run import image_data, image_model

from whybench.cli.boards import print_board
from whybench.leaderboard import Leaderboard
from whybench.leaderboard.markup import printable
from whybench.report import write_report
from whybench.runner import run
from whybench.store import Store
from whybench.suite import Suite, block

PAYLOADS = (
    "<script>alert(1)</script>",
    '"><script>alert(2)</script>',
    "'><img src=x onerror=alert(3)>",
    "<svg/onload=alert(4)>",
    "</title><script>alert(5)</script>",
    "</style><script>alert(6)</script>",
    "--><script>alert(7)</script><!--",
    "javascript:alert(8)",
    "{{ 7*7 }}",
    "{% raw %}",
    "<iframe srcdoc='<script>alert(11)</script>'>",
    "<a href=javascript:alert(12)>x</a>",
    '" autofocus onfocus=alert(13) x="',
    "<math><mi//xlink:href='data:x,<script>alert(14)</script>'>",
    "&lt;script&gt;alert(15)&lt;/script&gt;",
    "<scr\x00ipt>alert(16)</scr\x00ipt>",
    "\u202e<b>rtl(17)</b>",
    "../../../../etc/passwd",
    "=cmd|' /C calc'!A0",
    "[bold red]$\\frac{$[/] \x1b[31m",
)

ALLOWED = """
    #root html head meta link script title body header nav main section footer h1 h2 h3 p pre code a b br small span sup
    wbr dl dt dd ul ol li div table caption thead tbody tfoot tr th td details summary figure img figcaption
"""
"""The elements of pages; script is the site's own file, which page_checks holds to be empty."""


@pytest.fixture(scope="module")
def hostile() -> Store:
    methods = {
        payload: torch.linspace(k, 1, 64).reshape(1, 1, 8, 8).double().expand(4, 1, 8, 8)
        for k, payload in enumerate(PAYLOADS)
    }
    functions = {name: _constant(relevance) for name, relevance in methods.items()}
    model = image_model(PAYLOADS[0], classes=PAYLOADS[1:4])
    data = image_data(PAYLOADS[4], ids=PAYLOADS[5:9])
    store = Store.memory()
    run(Suite(PAYLOADS[1], (block(model, data, functions, ["pixel_flipping(steps=4)"]),)), store)
    return store


def _constant(relevance: torch.Tensor):  # type: ignore[no-untyped-def]
    def explain(module, inputs, targets):  # type: ignore[no-untyped-def]
        return relevance[: len(inputs)]

    return explain


def test_payloads_are_text_on_the_page(hostile: Store, tmp_path: Path) -> None:
    pages = check_site(write_report(hostile, PAYLOADS[1], tmp_path))
    assert {e.tag for root in pages.values() for e in everything(root)} <= set(ALLOWED.split())
    shown = " ".join(root.text for root in pages.values())
    for payload in PAYLOADS:
        assert printable(payload) in shown
    for address in pages:
        source = (tmp_path / address).read_text(encoding="utf-8")
        assert [p for p in PAYLOADS if ("<" in p or '"' in p) and p in source] == []
        assert [sign for sign in "\x00\u202e\x1b" if sign in source] == []


def test_payloads_are_no_paths_and_no_formulas(hostile: Store, tmp_path: Path) -> None:
    write_report(hostile, PAYLOADS[1], tmp_path / "here")
    assert [p.name for p in tmp_path.iterdir()] == ["here"]
    names = {p.relative_to(tmp_path / "here").as_posix() for p in (tmp_path / "here").rglob("*")}
    assert all(set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_./") for name in names)
    for file in (tmp_path / "here").rglob("*.csv"):
        for row in csv.reader(io.StringIO(file.read_text(encoding="utf-8"))):
            assert not [cell for cell in row if cell[:1] in "=+@" and cell and not _number(cell)]
    for file in (tmp_path / "here").rglob("*.svg"):
        assert "<script" not in file.read_text(encoding="utf-8")


def _number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def test_payloads_are_text_on_the_terminal(hostile: Store) -> None:
    board = Leaderboard(hostile.records(), hostile.explanation_records())
    console = Console(width=200, file=io.StringIO(), force_terminal=True, color_system=None)
    print_board(console, board)
    printed = console.file.getvalue()  # type: ignore[attr-defined]
    assert "[bold red]" in printed
    assert "\x1b[31m" not in printed
    assert "\x00" not in printed
    assert "<script>alert(1)</script>" in printed
