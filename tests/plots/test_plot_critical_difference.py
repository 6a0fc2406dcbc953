"""Critical-difference diagrams: what is drawn, and what is said where the extra is missing."""

import sys

import numpy as np
import pytest

from whybench.errors import MissingExtra
from whybench.plots import critical_difference

NAMES = ["C4.5+m+cf", "C4.5+m", "C4.5+cf", "C4.5"]
RANKS = [1.964, 2.0, 2.893, 3.143]
P = np.array([[1, 0.9, 0.13, 0.056], [0.9, 1, 0.16, 0.047], [0.13, 0.16, 1, 0.87], [0.056, 0.047, 0.87, 1]])


def test_methods_stand_at_their_ranks() -> None:
    pytest.importorskip("scikit_posthocs")
    ax = critical_difference(NAMES, RANKS, P, title="auc")
    points = sorted(float(c.get_offsets()[0][0]) for c in ax.collections if len(c.get_offsets()) == 1)
    assert points == pytest.approx(sorted(RANKS), abs=1e-12)
    assert [t.get_text() for t in ax.texts] == ["C4.5+m+cf (1.96)", "C4.5+m (2.00)", "(3.14) C4.5", "(2.89) C4.5+cf"]
    assert ax.get_title(loc="left") == "auc"


def test_bars_join_what_is_not_separated() -> None:
    pytest.importorskip("scikit_posthocs")
    ax = critical_difference(NAMES, RANKS, P)
    bars = sorted((min(line.get_xdata()), max(line.get_xdata())) for line in ax.lines if line.get_linewidth() == 2.5)
    assert bars == [(1.964, 2.893), (1.964, 3.143)]  # all but C4.5 against C4.5+m


def test_a_name_twice_is_told_apart() -> None:
    pytest.importorskip("scikit_posthocs")
    ax = critical_difference(["x" * 40, "x" * 40], [1.0, 2.0], np.ones((2, 2)))
    assert len({t.get_text() for t in ax.texts}) == 2


def test_without_the_extra_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scikit_posthocs", None)
    with pytest.raises(MissingExtra, match=r"scikit-posthocs is not installed.*'whybench\[posthocs\]'"):
        critical_difference(NAMES, RANKS, P)


@pytest.mark.parametrize(
    ("ranks", "p", "message"),
    [
        (RANKS[:3], P, "4 names, 3 ranks"),
        (RANKS, P[:3, :3], r"shape \(3, 3\)"),
        (RANKS, np.triu(P), "symmetric"),
        (RANKS, np.full((4, 4), np.nan), "value nan"),
        ([1.0, 2.0, np.nan, 4.0], P, "value nan"),
    ],
)
def test_refusals(ranks, p, message) -> None:
    with pytest.raises(ValueError, match=message):
        critical_difference(NAMES, ranks, p)
