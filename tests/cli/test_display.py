"""Progress: a live line on a terminal, plain lines elsewhere."""

import io
import re
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from whybench.cli.display import EVERY, Display


def told(terminal: bool, cells: int) -> tuple[str, Display]:
    console = Console(file=io.StringIO(), force_terminal=terminal, width=100)
    with Display(console) as display:
        display.started("mine [bold]", cells)
        display.working("loading net and rows")
        display.working("net: gradient by srg")
        for i in range(cells):
            record: Any = SimpleNamespace(status=("ok", "failed", "unsupported")[i % 3])
            display.finished(record, known=i < 10)
        display.note("something [worth] knowing")
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue(), display


def test_plain_lines_where_there_is_no_terminal() -> None:
    text, display = told(terminal=False, cells=60)
    assert text.splitlines() == [
        "mine [bold]: 60 cells",
        "loading net and rows",
        f"{EVERY}/60 cells",
        f"{2 * EVERY}/60 cells",
        "note: something [worth] knowing",
    ]
    assert display.summary() == "50 cells computed, 10 read from the store, 20 failed, 20 unsupported"


def test_one_live_line_on_a_terminal() -> None:
    text, _ = told(terminal=True, cells=60)
    assert "60/60" in text
    assert "25/60 cells" not in text
    assert re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).count("note: something [worth] knowing") == 1


@pytest.mark.parametrize("terminal", [True, False])
def test_the_terminal_is_left_in_order_after_an_error(terminal: bool) -> None:
    console = Console(file=io.StringIO(), force_terminal=terminal)
    display = Display(console)
    with pytest.raises(KeyboardInterrupt), display:
        raise KeyboardInterrupt
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue().count("\x1b[?25l") == console.file.getvalue().count("\x1b[?25h")
