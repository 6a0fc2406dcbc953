from pathlib import Path

import matplotlib
import pytest
import seaborn as sns
from matplotlib import pyplot

from whybench.plots import Point, quality_against_cost, save
from whybench.plots.labels import broken, label, listed
from whybench.plots.style import COLOURS, CONTROL, figure_of

ODD = ["$\\frac{", "<script>", "&amp;", "x" * 200, "", "_hidden", "日本", "a\x00b\nc", "\ud800"]


@pytest.mark.parametrize("ending", ["svg", "png"])
def test_equal_figures_give_equal_bytes_without_dates(ending: str, tmp_path: Path) -> None:
    for turn in ("a", "b"):
        ax = quality_against_cost([Point("gradient", False, 0.1, 0.5, 0.4, 0.6)], "srg")
        save(figure_of(ax), tmp_path / f"{turn}.{ending}")
    first, second = ((tmp_path / f"{turn}.{ending}").read_bytes() for turn in ("a", "b"))
    assert first == second
    assert b"<dc:date>" not in first
    assert matplotlib.__version__.encode() not in first


def test_settings_and_pyplot_are_left_alone() -> None:
    before = dict(matplotlib.rcParams)
    quality_against_cost([Point("gradient", False, 0.1, 0.5, 0.4, 0.6)], "srg")
    assert dict(matplotlib.rcParams) == before
    assert pyplot.get_fignums() == []


def test_a_notebook_shows_a_figure_by_itself_always_in_the_same_bytes() -> None:
    first, second = (
        figure_of(quality_against_cost([Point("gradient", False, 0.1, 0.5, 0.4, 0.6)], "srg"))._repr_png_()
        for _ in range(2)
    )
    assert first.startswith(b"\x89PNG")
    assert first == second
    assert matplotlib.__version__.encode() not in first


@pytest.mark.filterwarnings("error")
def test_any_name_can_be_drawn(tmp_path: Path) -> None:
    ax = quality_against_cost([Point(name, i % 2 == 0, 0.1, 0.1 * i, None, None) for i, name in enumerate(ODD)], "$s$")
    save(figure_of(ax), tmp_path / "odd.svg")
    save(figure_of(ax), tmp_path / "odd.png")
    assert "<script" not in (tmp_path / "odd.svg").read_text(encoding="utf-8")


def test_colours_come_from_the_colour_blind_palette_and_controls_are_grey() -> None:
    palette = [tuple(c) for c in sns.color_palette("colorblind")]
    assert all(tuple(c) in palette for c in COLOURS)
    assert len(set(COLOURS)) == len(COLOURS)
    assert len(set(CONTROL)) == 1


def test_labels() -> None:
    assert label("integrated_gradients") == "integrated_gradients"
    assert len(label("x" * 100)) == 32
    assert label("") == "unnamed"
    assert max(map(len, broken("captum/shapley_value_sampling", 15).split("\n"))) <= 15
    assert broken("x" * 20, 8) == "xxxxxxxx\nxxxxxxxx\nxxxx"
    assert listed(["a"]) == "a"
    assert listed(list("abcdef")) == "a, b, c, d and 2 more"
