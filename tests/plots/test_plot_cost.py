import itertools

import numpy as np
import pytest

from whybench.plots import Point, quality_against_cost
from whybench.plots.cost import front, spread

POINTS = [
    Point("gradient", False, 0.001, 0.2, 0.1, 0.3),
    Point("lrp", False, 0.002, 0.5, 0.4, 0.6),
    Point("occlusion", False, 0.1, 0.45, 0.3, 0.6),
    Point("shapley", False, 1.0, 0.6, None, None),
    Point("random", True, 0.0, 0.0, -0.1, 0.1),
]


def test_points_lie_where_the_data_says() -> None:
    ax = quality_against_cost(POINTS, "srg", title="two are ahead")
    methods, controls = [
        np.asarray(c.get_offsets()) for c in ax.collections if len(c.get_offsets()) and c.get_zorder() == 3
    ]
    np.testing.assert_allclose(methods, [[1, 0.2], [2, 0.5], [100, 0.45], [1000, 0.6]])
    np.testing.assert_allclose(controls, [[1e-3, 0.0]])  # nothing took no time: drawn at the floor
    assert ax.get_xscale() == "log"
    assert "milliseconds" in ax.get_xlabel()
    assert ax.get_title(loc="left") == "two are ahead"


def test_intervals_are_drawn_as_bars() -> None:
    ax = quality_against_cost(POINTS, "srg")
    bars = [s for c in ax.containers for line in c.lines[2] for s in line.get_segments()]
    ends = sorted((s[0][1], s[1][1]) for s in bars)
    assert ends == [pytest.approx(e) for e in [(-0.1, 0.1), (0.1, 0.3), (0.3, 0.6), (0.4, 0.6), (0.6, 0.6)]]


def test_controls_differ_in_shape_as_well_as_in_colour() -> None:
    ax = quality_against_cost(POINTS, "srg")
    methods, controls = [c for c in ax.collections if len(c.get_offsets()) and c.get_zorder() == 3]
    assert len(methods.get_paths()[0].vertices) != len(controls.get_paths()[0].vertices)


def test_every_name_stands_beside_the_axes_without_overlap() -> None:
    many = [Point(f"method_{i}", False, 0.01, 0.5 + i * 1e-4, None, None) for i in range(24)]
    ax = quality_against_cost(many, "srg")
    ax.figure.canvas.draw()
    boxes = [t.get_window_extent() for t in ax.texts]
    assert sorted(t.get_text() for t in ax.texts) == sorted(p.name for p in many)
    assert all(box.x0 > ax.get_window_extent().x1 for box in boxes)
    ordered = sorted(boxes, key=lambda box: box.y0)
    assert all(a.y1 <= b.y0 for a, b in itertools.pairwise(ordered))
    assert all(box.x1 <= ax.figure.bbox.x1 for box in boxes)


def test_lower_is_better_points_downwards() -> None:
    low, high = quality_against_cost(POINTS, "pixel_flipping", higher_is_better=False).get_ylim()
    assert low > high


@pytest.mark.parametrize(
    ("higher", "names"), [(True, ["gradient", "lrp", "shapley"]), (False, ["gradient"])], ids=["higher", "lower"]
)
def test_front_by_its_definition(higher: bool, names: list[str]) -> None:
    found = [p.name for p in front(POINTS, higher)]
    assert found == names
    sign = 1 if higher else -1
    methods = [p for p in POINTS if not p.control]
    assert found == [
        p.name
        for p in methods
        if not any(q.seconds <= p.seconds and sign * q.mean > sign * p.mean for q in methods)
        and not any(q.seconds < p.seconds and q.mean == p.mean for q in methods)
    ]


def test_spread_keeps_order_and_distance() -> None:
    draws = np.random.default_rng(0)
    wanted = sorted(draws.random(20).tolist(), reverse=True)
    placed = spread(wanted, 0.04)
    assert all(a - b >= 0.04 - 1e-12 for a, b in itertools.pairwise(placed))
    assert placed[0] <= 1
    assert spread([0.9, 0.5, 0.1], 0.1) == pytest.approx([0.9, 0.5, 0.1])


def test_no_points() -> None:
    assert list(quality_against_cost([], "srg").lines) == []
