"""Specification curves: shares counted by hand, intervals by resampling, readings as a choice, and what is left out."""

import numpy as np
import pytest

from whybench.leaderboard import Leaderboard
from whybench.leaderboard.sensitivity import curves
from whybench.statistics import compare
from whybench.statistics.resampling import counts

A = [[3.0, 4.0, 5.0, 4.5], [1.0, 1.2, 0.8, 1.1], [2.0, 2.0, 9.0, 0.0], [1.0, 1.0, 1.0, 1.0]]
B = [[1.0, 1.5, 2.5, 2.0], [3.0, 3.1, 3.2, 2.8], [1.0, 3.0, 4.0, 1.0], [1.0, 1.0, 1.0, 1.0]]
SETTINGS = [{"infill": i, "steps": s, "region": 1} for i in ("mean", "blur") for s in (8, 28)]


@pytest.fixture(name="board")
def _board(record) -> Leaderboard:
    cells = [
        record(method, scores[k], parameters=setting)
        for method, scores in (("a", A), ("b", B))
        for k, setting in enumerate(SETTINGS)
    ]
    return Leaderboard([*cells, record("a", A[0], metric="ssr"), record("b", B[0], metric="ssr")])


def test_shares_are_counted_over_specifications(board) -> None:
    found = board.sensitivity().to_dict("records")
    assert len(found) == 1  # ssr has a single specification
    row = found[0]
    assert (row["metric"], row["method_a"], row["method_b"], row["specifications"]) == ("srg", "a", "b", 4)
    assert (row["share_ahead"], row["share_behind"]) == (0.5, 0.25)  # the last one ties
    differences = [compare(a, b).difference for a, b in zip(A, B, strict=True)]
    assert row["above"] == sum(d.low > 0 for d in differences) / 4 == 0.25
    assert row["below"] == sum(d.high < 0 for d in differences) / 4 == 0.25


def test_the_interval_resamples_the_same_samples_under_all_specifications(board) -> None:
    row = board.sensitivity().iloc[0]
    shares = []
    for drawn in counts(4):
        picked = np.repeat(np.arange(4), drawn)
        leads = [np.mean(np.array(a)[picked] - np.array(b)[picked]) > 1e-9 for a, b in zip(A, B, strict=True)]
        shares.append(np.mean(leads))
    assert (row["low"], row["high"]) == pytest.approx(tuple(np.quantile(shares, [0.025, 0.975])), abs=1e-12)


def test_directions_are_those_of_the_metric(record) -> None:
    cells = [
        record(m, scores[k], parameters=setting, higher_is_better=False)
        for m, scores in (("a", A), ("b", B))
        for k, setting in enumerate(SETTINGS[:2])
    ]
    row = Leaderboard(cells).sensitivity().iloc[0]
    assert (row["method_a"], row["share_ahead"], row["above"], row["below"]) == ("a", 0.5, 0.5, 0.5)


def test_the_reading_of_maps_is_a_choice_and_a_method_with_one_stands_in_both(record) -> None:
    def cell(method, scores, **facts):
        return record(method, scores, parameters={"steps": 8}, subject={"method_parameters": facts})

    cells = [
        cell("a", A[0], polarity="contribution", samples=5),
        cell("a", A[1], polarity="sensitivity", samples=5),
        cell("b", B[0], polarity="sensitivity"),
        cell("random", B[1]),
    ]
    board = Leaderboard(cells)
    (curve,) = curves(board.contests)
    assert [dict(s.choices) for s in curve.of.specifications] == [
        {"polarity": "contribution"},
        {"polarity": "sensitivity"},
    ]
    rows = {(r.method_a, r.method_b): r for r in curve.rows}
    assert set(rows) == {("random", "a"), ("random", "b"), ("a", "b")}
    assert (rows["a", "b"].share_ahead, rows["a", "b"].share_behind) == (0.5, 0.5)
    assert rows["random", "b"].specifications == 2


def test_a_specification_that_lacks_a_method_is_not_counted_for_it(record, board) -> None:
    more = Leaderboard([*board.records, *(record("c", A[k], parameters=SETTINGS[k]) for k in (0, 1))])
    rows = {(r.method_a, r.method_b): r for r in curves(more.contests)[0].rows}
    assert rows["a", "b"].specifications == 4
    assert {r.specifications for pair, r in rows.items() if "c" in pair} == {2}


def test_effects_are_in_standard_deviations(board) -> None:
    (curve,) = curves(board.contests)
    a, b = (next(m for m in curve.order if curve.names[m] == name) for name in "ab")
    for one, effect in curve.effects(a, b):
        k = SETTINGS.index({**one.choices, "region": 1})
        d = np.array(A[k]) - np.array(B[k])
        assert effect.mean == pytest.approx(d.mean() / (d.std(ddof=1) or 1), abs=1e-12)


def test_without_several_specifications_or_samples_there_is_nothing_to_say(record) -> None:
    assert Leaderboard([record("a", A[0]), record("b", B[0])]).sensitivity().empty
    assert Leaderboard([]).sensitivity().empty
    single = [record(m, [v], parameters=s) for m, v in (("a", 1.0), ("b", 2.0)) for s in SETTINGS[:2]]
    row = Leaderboard(single).sensitivity().iloc[0]
    assert (row["method_a"], row["share_ahead"], row["above"]) == ("b", 1.0, 0.0)
    assert np.isnan(row["low"])
