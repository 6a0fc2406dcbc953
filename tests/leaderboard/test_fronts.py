"""Quality against cost on the board."""

import numpy as np
import pytest

from whybench.leaderboard import Leaderboard
from whybench.records import Cost


@pytest.fixture(name="board")
def _board(record, explanation) -> Leaderboard:
    steps = np.arange(1.0, 9.0)
    scores = {"gradient": steps, "lrp": steps + 4, "shap": steps + 4.5 + np.tile([0.6, -0.6], 4), "slow": steps + 1}
    costs = {"gradient": (1, 0.01), "lrp": (2, 0.04), "shap": (100, 0.02), "slow": (50, 9.0)}
    return Leaderboard(
        [record(m, values, headline=True) for m, values in scores.items()],
        [explanation(m, 8, Cost(8 * p, 8 * p, 8 * s, 8 * s), 0.1) for m, (p, s) in costs.items()],
    )


def test_by_seconds_and_by_passes(board: Leaderboard) -> None:
    seconds = board.front().set_index("method")
    assert seconds.index.tolist() == ["gradient", "shap", "lrp", "slow"]
    assert seconds["front"].tolist() == [True, True, False, False]
    assert seconds["beaten_by"].tolist() == ["", "", "shap", "shap"]
    assert seconds["surely"].tolist() == [False, False, False, True]
    passes = board.front("passes").set_index("method")
    assert passes["cost"].to_dict() == {"gradient": 2, "lrp": 4, "slow": 100, "shap": 200}
    assert passes["front"].to_dict() == {"gradient": True, "lrp": True, "slow": False, "shap": True}


def test_table(board: Leaderboard) -> None:
    table = board.front_table("faithfulness")
    assert table.headers == ("dataset", "model", "method", "ms", "metric", "mean", "cheaper and better")
    assert [line[2:4] + line[6:] for line in table.rows] == [
        ("gradient", "10", "on the front"),
        ("shap", "20", "on the front"),
        ("lrp", "40", "shap"),
        ("slow", "9000", "shap (separated)"),
    ]
    assert table.notes[1] == "Pool of srg (cnn on digits): 4: gradient, lrp, shap, slow."


def test_without_costs_there_is_no_front(record) -> None:
    assert Leaderboard([record("a", [1.0, 2.0])]).front().empty
