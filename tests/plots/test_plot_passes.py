"""Passes needed and done: what is drawn, and what is said of it."""

import numpy as np
from matplotlib.axes import Axes

from whybench.plots import Load, passes_needed_and_done
from whybench.plots.loads import finding
from whybench.plots.style import figure_of

LOADS = [
    Load("dear", 60, 60, 58.0),
    Load("free", 0, 0, None),
    Load("thrifty", 10, 5, 7.0),
    Load("wasteful", 2, 3, None),
    Load("silent", None, 20, 30.0),
]


def drawn(ax: Axes) -> dict[str, list[tuple[float, float]]]:
    return {str(c.get_label()): [tuple(p) for p in np.asarray(c.get_offsets()).tolist()] for c in ax.collections}


def test_rows_are_in_the_order_of_passes_done_and_hold_their_marks() -> None:
    ax = passes_needed_and_done(LOADS, "methods", "a title")
    assert [t.get_text() for t in ax.get_yticklabels()] == ["wasteful", "thrifty", "silent", "dear"]
    assert drawn(ax) == {
        "passes needed": [(2, 0), (10, 1), (60, 3)],
        "passes done": [(3, 0), (5, 1), (20, 2), (60, 3)],
        "time, in bare forward passes": [(7, 1), (30, 2), (58, 3)],
    }
    assert (ax.get_xscale(), ax.get_ylabel(), figure_of(ax).texts[0].get_text()) == ("log", "methods", "a title")
    assert passes_needed_and_done(LOADS, "methods", "another", ax).get_title(loc="left") == "another"


def test_findings() -> None:
    assert (
        finding("methods", LOADS)
        == "1 of 3 methods goes through the model more often than needed, wasteful most: 1.5 times"
    )
    assert finding("metrics", LOADS[:3]) == "none of 2 metrics goes through the model more often than needed"
    assert finding("methods", LOADS[4:]) == "no methods say how many passes they need"
