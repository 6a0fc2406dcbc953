"""Curves of single samples: what is drawn is what was stored, to half a pixel."""

import re

import numpy as np
import pytest
from numpy.testing import assert_allclose

from whybench.leaderboard import Leaderboard
from whybench.leaderboard.view import View, views
from whybench.report.samples import lines
from whybench.report.samples.panels import Panel, panels
from whybench.store import Store


@pytest.fixture(scope="module")
def view(store: Store) -> View:
    board = Leaderboard(store.records("tiny"), store.explanation_records("tiny"))
    return next(v for v in views(board) if v.block.dataset == "tiny_images")


def points(path: str) -> np.ndarray:  # type: ignore[type-arg]
    """The corners of a path of one start and relative steps."""
    start, _, steps = path.removeprefix("M").partition("l")
    numbers = [[int(n) for n in re.findall(r"-?\d+", part)] for part in (start, steps)]
    return np.cumsum(np.array(numbers[0] + numbers[1]).reshape(-1, 2), axis=0)


def test_metrics_read_off_one_set_of_curves_share_a_panel(view: View) -> None:
    found = panels(view)
    assert [p.names for p in found] == [["srg"], ["pixel_flipping", "sdr"], ["mprt"]] or [p.names for p in found] == [
        ["srg"],
        ["pixel_flipping"],
        ["sdr"],
    ]
    assert found[0].y_name.startswith("insertion - deletion")


def test_curves_are_the_records(view: View) -> None:
    (panel, *_) = panels(view)
    contest = view.contests[0]
    for entry in (e for e in contest.entries if e.status == "ok"):
        (record,) = view.records(contest, entry.method)
        assert record.curves is not None
        for k, sample in enumerate(record.samples):
            x, y = panel.curves[entry.method][sample.sample_id]
            assert_allclose(x, record.curves.x[k])
            assert_allclose(y, record.curves.y[k])


def test_best_control_and_the_method_in_the_middle(view: View) -> None:
    panel = panels(view)[0]
    pool = [e for e in panel.contest.pool if not e.control]
    means = sorted((panel.contest.estimates[e.method].mean for e in pool), reverse=True)
    assert panel.middle is not None
    assert panel.contest.estimates[panel.middle].mean == means[(len(means) - 1) // 2]
    controls = {e.method: panel.contest.estimates[e.method].mean for e in panel.contest.pool if e.control}
    assert panel.control == max(controls, key=lambda m: controls[m])


def test_a_path_passes_each_point_within_a_pixel(view: View) -> None:
    panel = panels(view)[0]
    left, right, low, high = panel.spans
    for curves in panel.curves.values():
        for row, curve in enumerate(curves.values()):
            corners = points(lines.path(panel, curve, 1, row))
            x0, y0 = lines.corner(1, row)
            x = x0 + (curve[0] - left) / (right - left) * lines.WIDE * lines.UNIT
            y = y0 + (high - curve[1]) / (high - low) * lines.HIGH * lines.UNIT
            across = np.interp(x, corners[:, 0], corners[:, 1])
            steep = np.abs(np.diff(y)).max() / np.diff(x).min()
            assert np.abs(across - y).max() <= lines.SLACK + 0.5 + 0.5 * steep


def test_straight_runs_lose_their_inner_points_only() -> None:
    x, y = np.arange(0, 40, 4), np.array([0, 0, 0, 0, 8, 16, 24, 24, 24, 24])
    kept_x, kept_y = lines.straight(x, y)
    assert kept_x.tolist() == [0, 12, 24, 36]
    assert kept_y.tolist() == [0, 0, 24, 24]
    zigzag = np.array([0, 9] * 5)
    assert lines.straight(x, zigzag)[0].tolist() == x.tolist()


def test_a_flat_set_of_curves_lies_in_the_middle(view: View) -> None:
    panel = panels(view)[0]
    flat = Panel(
        panel.contest, ["flat"], "x", "y", {m: {"a": (np.array([0.0, 1.0]), np.ones(2))} for m in panel.curves}
    )
    assert (
        points(lines.path(flat, (np.array([0.0, 1.0]), np.ones(2)), 0, 0))[:, 1].tolist()
        == [lines.corner(0, 0)[1] + lines.HIGH * lines.UNIT // 2] * 2
    )
