"""The specification curve and its matrix show the numbers that they are given."""

import numpy as np

from whybench.plots import Specified, ahead_matrix, specification_curve

POINTS = [
    Specified({"infill": "mean", "steps": 28}, 0.5, 0.2, 0.8),
    Specified({"infill": "blur", "steps": 28}, -0.4, -0.7, -0.1),
    Specified({"infill": "mean", "steps": 8}, 0.1, -0.2, 0.4),
    Specified({"infill": "blur", "steps": 8}, 0.3, None, None),
]


def test_effects_rise_and_every_choice_stands_below_its_own() -> None:
    top, choice = specification_curve(POINTS, "effect", "one pair").child_axes
    (dots,) = [c for c in top.collections if len(c.get_offsets()) == 4]
    np.testing.assert_allclose(dots.get_offsets(), [[0, -0.4], [1, 0.1], [2, 0.3], [3, 0.5]])
    segments = [
        sorted(line.get_ydata()) for line in top.lines if len(line.get_xdata()) == 2 and line.get_linewidth() == 1
    ]
    assert segments == [[-0.7, -0.1], [-0.2, 0.4], [0.2, 0.8]]
    labels = [t.get_text() for t in choice.get_yticklabels()]
    assert labels == ["infill = blur", "infill = mean", "steps = 8", "steps = 28"]
    at = {(int(x), labels[int(y)]) for c in choice.collections for x, y in c.get_offsets()}
    order = (POINTS[1], POINTS[2], POINTS[3], POINTS[0])
    assert at == {(k, f"{name} = {value}") for k, p in enumerate(order) for name, value in p.choices.items()}


def test_colours_say_which_intervals_leave_out_zero() -> None:
    top, _ = specification_curve(POINTS, "effect").child_axes
    (dots,) = [c for c in top.collections if len(c.get_offsets()) == 4]
    first, second, third, last = (tuple(c) for c in dots.get_facecolors())
    assert second == third
    assert len({first, second, last}) == 3


def test_the_matrix_shows_per_cents_and_frames_what_is_turned_round() -> None:
    shares = {("a", "b"): 0.75, ("b", "a"): 0.2, ("a", "c"): 1.0, ("c", "a"): 0.0, ("b", "c"): 0.0, ("c", "b"): 0.0}
    ax = ahead_matrix(["a", "b", "c"], shares, [("a", "b")])
    found = {t.get_position(): t.get_text() for t in ax.texts}
    assert found == {(1, 0): "75", (0, 1): "20", (2, 0): "100", (0, 2): "0", (2, 1): "=", (1, 2): "="}
    shown = np.asarray(ax.images[0].get_array(), dtype=np.float64)
    np.testing.assert_allclose([shown[0, 1], shown[1, 0], shown[0, 2], shown[1, 2]], [0.775, 0.225, 1.0, 0.5])
    corners = sorted((p.get_x(), p.get_y()) for p in ax.patches)
    np.testing.assert_allclose(corners, [(-0.45, 0.55), (0.55, -0.45)])


def test_names_lie_inside_the_figure() -> None:
    names = [f"lrp(composite='epsilon_plus') {k}" for k in range(4)]
    ax = ahead_matrix(names, {}, title="two\nlines")
    ax.figure.canvas.draw()
    for text in [*ax.get_xticklabels(), *ax.get_yticklabels()]:
        box = text.get_window_extent()
        assert box.x0 >= 0
        assert box.x1 <= ax.figure.bbox.width
        assert box.y1 <= ax.figure.bbox.height - 40
