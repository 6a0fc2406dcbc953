"""`board.plot`: the figures hold the board's numbers, and what cannot be drawn is refused with a way out."""

import subprocess
import sys

import numpy as np
import pytest
from hand_made import LEVELS, board, cell, explanation
from matplotlib.axes import Axes

from whybench.errors import UnknownName, UsageError
from whybench.leaderboard import Leaderboard
from whybench.plots.style import figure_of

BOARD = board()
RANKED = sorted(LEVELS, key=lambda m: -LEVELS[m])


def cells_of(ax: Axes) -> dict[tuple[str, str], str]:
    """The text of every cell by the names of its row and column."""
    rows, columns = ([t.get_text() for t in axis.get_ticklabels()] for axis in (ax.yaxis, ax.xaxis))
    return {(rows[int(t.get_position()[1])], columns[int(t.get_position()[0])]): t.get_text() for t in ax.texts}


def test_scores_are_the_means_and_intervals_of_the_board() -> None:
    ax = BOARD.plot("srg", model="mlp")
    (contest,) = [c for c in BOARD.contests if c.metric.name == "srg" and c.block.model == "mlp"]
    of = {e.method.name: contest.estimates[e.method] for e in contest.pool}
    assert [t.get_text() for t in ax.get_yticklabels()] == ["lrp", "occlusion", "gradient", "random"]
    methods, controls = (np.asarray(c.get_offsets()) for c in ax.collections)
    np.testing.assert_array_equal(methods, [[of[m].mean, k] for k, m in enumerate(RANKED[:3])])
    np.testing.assert_array_equal(controls, [[of["random"].mean, 3]])
    bars = [sorted(line.get_xdata()) for line in ax.lines if line.get_linewidth() == 1.3]
    assert bars == [[of[m].low, of[m].high] for m in RANKED]
    assert "mlp on digits: lrp, occlusion and gradient are ahead of every control" in figure_of(ax).texts[0].get_text()


def test_lower_is_better_points_to_the_left() -> None:
    low, high = BOARD.plot.scores("max_sensitivity").get_xlim()
    assert low > high
    low, high = BOARD.plot.scores("srg").get_xlim()
    assert low < high


def test_cost_is_that_of_the_explanation() -> None:
    ax = BOARD.plot.cost(model="cnn")
    dots = [np.asarray(c.get_offsets()) for c in ax.collections if c.get_zorder() == 3]
    assert sorted(np.concatenate(dots)[:, 0].tolist()) == pytest.approx([1, 2, 3, 4])


def test_curves_are_the_means_over_samples() -> None:
    ax = BOARD.plot.curves("srg", model="cnn", methods=["gradient", "random"])
    record = next(
        r for r in BOARD.records if (r.subject.method, r.metric, r.subject.model) == ("gradient", "srg", "cnn")
    )
    assert record.curves is not None
    assert len(ax.lines) == 2
    np.testing.assert_allclose(ax.lines[0].get_ydata(), record.curves.y.mean(axis=0), atol=1e-15)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("fraction removed", "probability")


def test_profile_shows_places_and_who_is_first() -> None:
    ax = BOARD.plot.profile()
    found = cells_of(ax)
    assert {m: found[m, "faithfulness: srg"] for m in ("lrp", "occlusion", "gradient")} == dict(
        lrp="1", occlusion="2", gradient="3"
    )
    assert found["random (control)", "robustness: max_sensitivity"] == "1"
    assert figure_of(ax).texts[0].get_text() == "First by 2 metrics: lrp in 1 and random in 1"


def test_agreement_of_families_and_of_metrics() -> None:
    expected = {(r.family_a, r.family_b): f"{r.tau_b:.2f}" for r in BOARD.family_agreement().itertuples()}
    assert expected == {("faithfulness", "faithfulness"): "0.78", ("faithfulness", "robustness"): "-0.89"}
    found = cells_of(BOARD.plot.agreement())
    assert found == expected | {("robustness", "faithfulness"): "-0.89"}
    metrics = cells_of(BOARD.plot.agreement("faithfulness"))
    assert metrics["srg", "sdr(infill='mean')"] == "1.00"
    assert metrics["sdr(infill='blur')", "srg"] == metrics["srg", "sdr(infill='blur')"] == "0.67"


def test_specifications_are_of_the_most_contested_pair() -> None:
    ax = BOARD.plot.specifications("sdr", model="cnn")
    effects, choices = ax.child_axes
    assert [t.get_text() for t in choices.get_yticklabels()] == ["infill = blur", "infill = mean"]
    assert len(effects.collections[0].get_offsets()) == 2
    found = cells_of(BOARD.plot.ahead("sdr", model="cnn"))
    assert found["lrp", "occlusion"] == found["occlusion", "lrp"] == "50"
    assert found["occlusion", "gradient"] == "100"


def test_passes_of_methods_and_metrics() -> None:
    ax = BOARD.plot.passes("metrics")
    assert len(ax.get_yticklabels()) == 4
    assert "go through the model more often than needed" in figure_of(ax).texts[0].get_text()


def test_critical_difference_has_the_mean_ranks_of_the_board() -> None:
    pytest.importorskip("scikit_posthocs")
    ax = BOARD.plot.critical_difference("srg")
    at = sorted(float(c.get_offsets()[0][0]) for c in ax.collections if len(c.get_offsets()) == 1)
    assert at == [1, 2, 3, 4]


def test_names_that_are_not_there_are_refused() -> None:
    with pytest.raises(UnknownName, match=r"unknown metric 'srgg'\. Did you mean srg"):
        BOARD.plot.scores("srgg")
    with pytest.raises(UnknownName, match="unknown model 'resnet'"):
        BOARD.plot.cost(model="resnet")
    with pytest.raises(UnknownName, match="unknown dataset 'mnist'"):
        BOARD.plot.passes(dataset="mnist")
    with pytest.raises(UnknownName, match="unknown metric family 'axiom'"):
        BOARD.plot.agreement("axiom")
    with pytest.raises(UnknownName, match="unknown ranked metric 'srgg'"):
        BOARD.plot.critical_difference("srgg")


def test_what_is_not_there_is_refused_with_what_is() -> None:
    with pytest.raises(UsageError, match=r"max_sensitivity: nothing with curves behind it; on this board: .*srg"):
        BOARD.plot.curves("max_sensitivity")
    with pytest.raises(UsageError, match=r"srg: not on the board under two specifications.*those that are: sdr"):
        BOARD.plot.specifications("srg")
    with pytest.raises(UsageError, match="1 model x dataset blocks"):
        board(("cnn",)).plot.critical_difference()
    with pytest.raises(UsageError, match="an empty board has nothing to draw"):
        Leaderboard([]).plot()


def test_overviews_of_little_are_drawn_without_a_finding() -> None:
    one = Leaderboard([cell("lrp", "cnn", "srg", [0.5] * 8)], [explanation("lrp", "cnn")])
    assert figure_of(one.plot.agreement()).texts[0].get_text() == "No two families to compare"
    assert cells_of(one.plot.profile()) == {("lrp", "faithfulness: srg"): "1"}
    assert list(Leaderboard([]).plot.profile().texts) == []


def test_the_accessor_is_there_before_matplotlib_is() -> None:
    code = (
        "import sys; from whybench.leaderboard import Leaderboard; board = Leaderboard([]); board._repr_html_(); "
        "assert 'matplotlib' not in sys.modules; board.plot; assert 'matplotlib' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
