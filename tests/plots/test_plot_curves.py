import numpy as np
import pytest
from matplotlib.figure import Figure
from scipy import stats

from whybench.plots import MeanCurve, draw_curves, mean_curve, y_limits
from whybench.records import CurveArrays, Record, SampleScore, Subject


def record(x: list[list[float]], y: list[list[float]], seed: int = 0, ids: str = "abcdef") -> Record:
    samples = tuple(SampleScore(ids[i], 0.5) for i in range(len(y)))
    return Record(
        key=f"k{seed}",
        subject=Subject("attribution", "s", "d", "m", "gradient", {}, seed),
        metric="pixel_flipping",
        metric_parameters={},
        family="faithfulness",
        higher_is_better=False,
        trivial=False,
        control=False,
        leak=False,
        status="ok",
        reason="",
        samples=samples,
        curves=CurveArrays(np.array(x), np.array(y), "fraction removed", "probability"),
    )


GRID = [0.0, 0.5, 1.0]


def test_mean_and_band_from_the_definition() -> None:
    y = [[1.0, 0.4, 0.0], [0.8, 0.6, 0.2], [0.9, 0.2, 0.1]]
    curve = mean_curve("gradient", False, [record([GRID] * 3, y)])
    assert curve is not None
    assert curve.n == 3
    np.testing.assert_array_equal(curve.x, GRID)
    for k in range(3):
        values = [row[k] for row in y]
        mean = sum(values) / 3
        variance = sum((v - mean) ** 2 for v in values) / 2
        half = stats.t.ppf(0.975, 2) * (variance / 3) ** 0.5
        assert curve.mean[k] == pytest.approx(mean, abs=1e-15)
        assert curve.low is not None
        assert curve.high is not None
        assert curve.low[k] == pytest.approx(mean - half, abs=1e-14)
        assert curve.high[k] == pytest.approx(mean + half, abs=1e-14)


def test_samples_on_different_grids_meet_on_all_of_their_points() -> None:
    curve = mean_curve("m", False, [record([[0.0, 0.5, 1.0], [0.0, 0.25, 1.0]], [[1.0, 0.0, 0.0], [1.0, 1.0, 0.0]])])
    assert curve is not None
    np.testing.assert_allclose(curve.x, [0.0, 0.25, 0.5, 1.0])
    # the first is 0.5 at a quarter, the second 2/3 at one half
    np.testing.assert_allclose(curve.mean, [1.0, 0.75, 1 / 3, 0.0], atol=1e-15)


def test_many_different_grids_share_101_even_steps() -> None:
    draws = np.random.default_rng(0)
    x = [[0.0, *sorted(draws.random(60)), 1.0] for _ in range(3)]
    curve = mean_curve("m", False, [record(x, [[1 - v for v in row] for row in x])])
    assert curve is not None
    np.testing.assert_allclose(curve.x, np.linspace(0, 1, 101))
    np.testing.assert_allclose(curve.mean, 1 - curve.x, atol=1e-12)


def test_seeds_are_averaged_within_samples_and_are_no_samples() -> None:
    first, second = record([GRID] * 2, [[1, 0, 0], [1, 1, 1]], 0), record([GRID] * 2, [[0, 0, 0], [1, 1, 0]], 1)
    curve = mean_curve("m", False, [first, second])
    assert curve is not None
    assert curve.n == 2
    np.testing.assert_array_equal(curve.mean, [0.75, 0.5, 0.25])


def test_one_sample_has_no_band_and_undefined_ones_are_left_out() -> None:
    curve = mean_curve("m", False, [record([GRID] * 2, [[1, 0.5, 0], [np.nan] * 3])])
    assert curve is not None
    assert (curve.n, curve.low, curve.high) == (1, None, None)
    assert mean_curve("m", False, [record([GRID], [[np.nan] * 3])]) is None


def drawn(name: str, control: bool, shift: float) -> MeanCurve:
    x = np.array(GRID)
    mean = 1 - x + shift
    return MeanCurve(name, control, x, mean, mean - 0.1, mean + 0.1, 9)


def test_one_line_a_method_with_band_controls_dashed() -> None:
    curves = [drawn("gradient", False, 0.0), drawn("lrp", False, -0.1), drawn("random", True, 0.2)]
    ax = draw_curves(curves, "fraction removed", "probability", "lrp is ahead")
    assert len(ax.lines) == 3
    for line, curve in zip(ax.lines, curves, strict=True):
        np.testing.assert_array_equal(line.get_ydata(), curve.mean)
        assert line.is_dashed() is curve.control
    assert len(ax.collections) == 2
    low, high = ax.collections[0].get_paths()[0].get_extents().get_points()[:, 1]
    assert (low, high) == (pytest.approx(-0.1), pytest.approx(1.1))
    legend = ax.get_legend()
    assert legend is not None
    assert [t.get_text() for t in legend.get_texts()] == ["gradient", "lrp", "random (control)"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("fraction removed", "probability")
    assert ax.get_title(loc="left") == "lrp is ahead"


def test_legend_lies_outside_the_data() -> None:
    ax = draw_curves([drawn("gradient", False, 0.0)], "x", "y")
    figure = ax.figure
    figure.canvas.draw()
    legend = ax.get_legend()
    assert legend is not None
    assert legend.get_window_extent().x0 >= ax.get_window_extent().x1
    assert legend.get_window_extent().x1 <= figure.bbox.x1


def test_given_axes_are_used_and_returned() -> None:
    ax = Figure().subplots()
    assert draw_curves([drawn("a", False, 0.0)], "x", "y", ax=ax) is ax
    assert list(draw_curves([], "x", "y").lines) == []


def test_wide_bands_do_not_hide_the_means() -> None:
    x = np.array(GRID)
    wild = MeanCurve("a", False, x, 1 - x, -x * 100, 1 + x * 100, 2)
    low, high = y_limits([wild])
    assert (low, high) == (pytest.approx(-1 / 3 - 0.04), pytest.approx(4 / 3 + 0.04))
    assert y_limits([drawn("a", False, 0.0)]) == (pytest.approx(-0.14), pytest.approx(1.14))
