"""Means, ranks, tie groups, gains and flags against values computed by hand."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from whybench.errors import BadInput, BadScores
from whybench.leaderboard import Leaderboard
from whybench.records import PROTOCOL, Record, SampleScore
from whybench.statistics import estimate, signed_rank

Make = Callable[..., Record]


def row(board: Leaderboard, method: str, metric: str = "srg") -> pd.Series:
    frame = board.to_pandas()
    found = frame[(frame["method"] == method) & (frame["metric"] == metric)]
    assert len(found) == 1
    return found.iloc[0]


def test_mean_and_interval(record: Make) -> None:
    found = row(Leaderboard([record("gradient", [1.0, 2.0, 3.0, 4.0])]), "gradient")
    expected = estimate([1.0, 2.0, 3.0, 4.0])
    assert (found["mean"], found["low"], found["high"]) == (expected.mean, expected.low, expected.high)
    assert (found["n"], found["total"], found["interval"], found["status"]) == (4, 4, "t", "ok")
    assert (found["rank"], found["pool"], found["tie_group"], found["direction"]) == (1, 1, "a", "higher is better")


def test_gain_over_the_best_control_by_hand(record: Make) -> None:
    board = Leaderboard(
        [
            record("gradient", [3.0, 5.0, 4.0]),
            record("random", [0.0, 1.0, 0.5], control=True),
            record("sobel_edges", [1.0, 1.0, 4.0], control=True),
        ]
    )
    found = row(board, "gradient")
    expected = estimate([2.0, 4.0, 0.0])
    assert found["gain_over"] == "sobel_edges"
    assert (found["gain"], found["gain_low"], found["gain_high"]) == (2.0, expected.low, expected.high)
    assert pd.isna(row(board, "random")["gain"])
    assert pd.isna(row(board, "sobel_edges")["gain"])
    assert [row(board, m)["rank"] for m in ("gradient", "sobel_edges", "random")] == [1, 2, 3]


def test_lower_is_better(record: Make) -> None:
    board = Leaderboard(
        [
            record("gradient", [1.0, 2.0, 3.0], "ssr", higher_is_better=False),
            record("random", [5.0, 5.0, 5.0], "ssr", higher_is_better=False, control=True),
        ]
    )
    found = row(board, "gradient", "ssr")
    assert (found["rank"], found["gain"], found["direction"]) == (1, 3.0, "lower is better")
    assert board.flags().empty
    assert board.pairs().iloc[0][["method_a", "difference", "rank_biserial"]].tolist() == ["gradient", 3.0, 1.0]


def test_tie_groups_are_those_of_the_tests(record: Make) -> None:
    steps = np.arange(1.0, 13.0)
    board = Leaderboard(
        [record("best", steps + 5), record("worst", steps - 5), record("middle", steps), record("twin", steps)]
    )
    assert {m: row(board, m)["tie_group"] for m in ("best", "middle", "twin", "worst")} == {
        "best": "a",
        "middle": "b",
        "twin": "b",
        "worst": "c",
    }
    assert [row(board, m)["rank"] for m in ("best", "middle", "twin", "worst")] == [1, 2, 2, 4]
    assert row(board, "twin")[["rank_low", "rank_high"]].tolist() == [2, 3]
    pairs = board.pairs()
    assert len(pairs) == 6
    assert pairs["separated"].sum() == 5
    smallest = signed_rank(np.full(12, 5.0)).p
    assert pairs.loc[(pairs.method_a == "best") & (pairs.method_b == "worst"), "p_holm"].item() == 6 * smallest


def test_a_mean_over_an_incomplete_row_is_refused(record: Make) -> None:
    board = Leaderboard([record("gradient", [1.0, None, 9.0]), record("lrp", [2.0, 2.0, 2.0])])
    found = row(board, "gradient")
    assert pd.isna(found["mean"])
    assert pd.isna(found["low"])
    assert pd.isna(found["rank"])
    assert (found["n"], found["total"], found["status"]) == (2, 3, "incomplete")
    assert found["reason"] == "1 undefined: constant map"
    assert (row(board, "lrp")["rank"], row(board, "lrp")["pool"]) == (1, 1)
    assert board.table("faithfulness").rows[1][-1] == "— 2/3"


def test_samples_that_only_one_method_has_make_the_others_incomplete(record: Make) -> None:
    board = Leaderboard([record("gradient", {"a": 1.0, "b": 2.0, "c": 3.0}), record("lrp", {"a": 9.0, "b": 9.0})])
    assert row(board, "lrp")[["n", "total", "status", "reason"]].tolist() == [
        2,
        3,
        "incomplete",
        "1 of 3 samples not scored",
    ]
    both = board.subset(samples=["a", "b"])
    assert row(both, "lrp")[["rank", "mean", "total"]].tolist() == [1, 9.0, 2]


def test_censored_samples_count_as_values(record: Make) -> None:
    cell = record("gradient", [1.0, 2.0], "ssr")
    bound = SampleScore("s002", 6.0, "censored", "never reached")
    board = Leaderboard([Record(**{**vars(cell), "samples": (*cell.samples, bound)})])
    assert row(board, "gradient", "ssr")[["mean", "n", "censored", "status"]].tolist() == [3.0, 3, 1, "ok"]
    assert board.scores["status"].tolist() == ["ok", "ok", "censored"]
    assert board.scores["score"].tolist() == [1.0, 2.0, 6.0]


def test_unsupported_and_failed_cells_are_rows(record: Make) -> None:
    board = Leaderboard(
        [
            record("gradient", [1.0, 2.0]),
            record("lrp", status="unsupported", reason="no rule for LSTM"),
            record("occlusion", status="failed", reason="ValueError: too large"),
        ]
    )
    assert row(board, "lrp")[["status", "reason", "n", "total"]].tolist() == ["unsupported", "no rule for LSTM", 0, 2]
    assert row(board, "occlusion")["status"] == "failed"
    scores = board.scores
    assert scores["method"].tolist() == ["gradient", "gradient", "lrp", "occlusion"]
    assert scores["sample_id"].tolist() == ["s000", "s001", "", ""]
    assert scores["reason"].tolist()[2:] == ["no rule for LSTM", "ValueError: too large"]
    table = board.table("faithfulness")
    assert [line[-1] for line in table.rows] == ["1.5 ± 6.4", "unsupported", "failed"]
    assert any("lrp: unsupported on srg (cnn on digits): no rule for LSTM" in note for note in table.notes)


def test_seeds_are_averaged_within_each_sample(record: Make) -> None:
    board = Leaderboard(
        [
            record("smooth_grad", {"a": 1.0, "b": 2.0}, subject={"seed": 0}),
            record("smooth_grad", {"a": 3.0, "b": 6.0}, subject={"seed": 1}),
        ]
    )
    found = row(board, "smooth_grad")
    expected = estimate([2.0, 4.0])
    assert (found["mean"], found["low"], found["n"], found["seeds"]) == (3.0, expected.low, 2, 2)
    assert len(board.scores) == 4
    assert "2 seeds" in board.claim()


def test_a_sample_that_one_seed_lacks_is_missing_and_one_failed_seed_fails_the_entry(record: Make) -> None:
    first = record("smooth_grad", {"a": 1.0, "b": 2.0}, subject={"seed": 0})
    board = Leaderboard([first, record("smooth_grad", {"a": 3.0, "b": None}, subject={"seed": 1})])
    assert row(board, "smooth_grad")[["n", "total", "status"]].tolist() == [1, 2, "incomplete"]
    board = Leaderboard([first, record("smooth_grad", status="failed", reason="boom", subject={"seed": 1})])
    assert row(board, "smooth_grad")[["n", "status", "reason"]].tolist() == [0, "failed", "seed 1: boom"]


def test_spread_over_infills_is_the_samples_mean(record: Make) -> None:
    cell = record("gradient")
    samples = (SampleScore("a", 1.0, details={"spread": 0.25}), SampleScore("b", 2.0, details={"spread": 0.75}))
    assert row(Leaderboard([Record(**{**vars(cell), "samples": samples})]), "gradient")["spread"] == 0.5


def test_flags(record: Make) -> None:
    def board(random: list[float], **changes: bool) -> pd.DataFrame:
        cells = [record("gradient", [1.0, 2.0, 3.0, 4.0], **changes)]
        return Leaderboard([*cells, record("random", random, control=True, **changes)]).flags()

    assert board([0.5, 1.4, 2.5, 3.5]).empty
    beaten = board([2.0, 3.0, 4.0, 5.0]).iloc[0]
    assert beaten[["control", "best_method", "gain", "verdict"]].tolist() == ["random", "gradient", -1.0, "not beaten"]
    assert board([1.0, 2.0, 3.0, 4.0]).iloc[0]["verdict"] == "not beaten"
    assert board([5.0, 0.0, 0.0, 0.0]).iloc[0]["verdict"] == "not separated"
    assert board([9.0, 9.0, 9.0, 9.0], trivial=True).empty


def test_trivial_metrics_are_not_ranked(record: Make) -> None:
    board = Leaderboard(
        [
            record("gradient", [0.1, 0.2], "mprt", family="sanity", trivial=True),
            record("random", [0.9, 0.9], "mprt", family="sanity", trivial=True, control=True),
        ]
    )
    frame = board.to_pandas()
    assert frame["rank"].isna().all()
    assert frame["gain"].isna().all()
    assert frame["tie_group"].tolist() == ["", ""]
    table = board.table("sanity")
    assert [line[2] for line in table.rows] == ["gradient", "random (control)"]
    assert not any("rank" in header or "gain" in header for header in table.headers)
    assert "Not ranked, since trivial maps win by definition: mprt." in table.notes


def test_nan_never_reaches_a_statistic(record: Make) -> None:
    for score in (float("nan"), float("inf")):
        with pytest.raises(BadScores, match="undefined samples have the score None"):
            SampleScore("a", score)
    with pytest.raises(BadScores, match="score None with status 'ok'"):
        SampleScore("a", None)
    with pytest.raises(BadScores, match="'undefined'"):
        SampleScore("a", 1.0, "undefined")
    board = Leaderboard([record("gradient", [None, None]), record("lrp", [1.0, 2.0])])
    scores = board.scores
    assert scores["score"].dtype == np.float64
    assert scores.loc[scores["status"].isin(["ok", "censored"]), "score"].notna().all()


def test_several_protocols_are_refused(record: Make) -> None:
    with pytest.raises(BadInput, match=f"protocols 1, {PROTOCOL}"):
        Leaderboard([record("gradient", [1.0]), record("lrp", [1.0], subject={"protocol": 1})])


def test_two_results_of_one_cell_are_refused_and_equal_ones_taken_once(record: Make) -> None:
    twice = [record("gradient", [1.0, 2.0]), record("gradient", [1.0, 2.0], subject={"suite": "other"})]
    assert len(Leaderboard(twice).scores) == 2
    with pytest.raises(BadInput, match="two different results of gradient x srg on digits, cnn"):
        Leaderboard([twice[0], record("gradient", [1.0, 3.0], subject={"suite": "other"})])
    failed = record("gradient", status="failed", reason="boom", subject={"suite": "a first"})
    assert Leaderboard([failed, twice[0]]).scores["status"].tolist() == ["ok", "ok"]


def test_a_sample_given_twice_and_a_metric_of_two_directions_are_refused(record: Make) -> None:
    cell = record("gradient", [1.0])
    with pytest.raises(BadInput, match="sample 's000' more than once"):
        Leaderboard([Record(**{**vars(cell), "samples": cell.samples * 2})])
    with pytest.raises(BadInput, match="two meanings"):
        Leaderboard([cell, record("lrp", [1.0], higher_is_better=False)])


def test_agreement_between_metrics(record: Make) -> None:
    cells = []
    for method, srg, ssr in (("a", 3.0, 0.1), ("b", 2.0, 0.2), ("c", 1.0, 0.15)):
        cells += [record(method, [srg, srg]), record(method, [ssr, ssr], "ssr", higher_is_better=False)]
    found = Leaderboard(cells).agreement().iloc[0]
    # of the pairs ab, ac and bc the metrics agree on ab and ac
    assert found[["metric_a", "metric_b", "methods"]].tolist() == ["srg", "ssr", 3]
    assert found["tau_b"] == pytest.approx(1 / 3, abs=1e-12)
    flat = [record(m, [1.0, 1.0], "flat") for m in "abc"]
    assert Leaderboard([*cells[::2], *flat]).agreement()["tau_b"].isna().all()
