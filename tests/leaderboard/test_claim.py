"""Which claim a pool supports, and methods over blocks."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from whybench.leaderboard import Leaderboard
from whybench.records import Record

Make = Callable[..., Record]


def grid(record: Make, methods: int, blocks: int, samples: int) -> Leaderboard:
    noise = np.random.default_rng(0).normal(size=(blocks, samples))
    return Leaderboard(
        [
            record(f"m{m:02d}", noise[b] * 0.01 - m * (1 + 0.1 * b), subject={"dataset": f"d{b:02d}"})
            for m in range(methods)
            for b in range(blocks)
        ]
    )


def test_fifteen_methods_need_thirteen_blocks(record: Make) -> None:
    claim = grid(record, 15, 3, 13).claim()
    assert "15 methods need 13 blocks" in claim
    assert "there are 3, 10 more are needed" in claim
    assert "can be separated" not in claim
    assert "Nothing is separated" not in claim


def test_too_few_samples_are_named(record: Make) -> None:
    claim = grid(record, 15, 1, 8).claim()
    assert "With 8 samples no pair of the 15 methods can be separated for cnn on d00; 13 are needed." in claim
    assert "tie groups stand in place of ranks, by these metrics: cnn on d00: srg" in claim
    table = grid(record, 15, 1, 8).table("faithfulness")
    assert {line[2] for line in table.rows} == {"tied, 15"}


def test_enough_blocks(record: Make) -> None:
    board = grid(record, 3, 7, 4)
    assert "A claim about methods in general is possible: 7 model x dataset blocks for 3 methods" in board.claim()
    found = board.across_blocks()
    assert found["method"].tolist() == ["m00", "m01", "m02"]
    assert found["mean_rank"].tolist() == [1.0, 2.0, 3.0]
    assert found["tie_group"].tolist() == ["a", "b", "c"]
    assert found[["rank_low", "rank_high"]].to_numpy().tolist() == [[1, 1], [2, 2], [3, 3]]


def test_too_few_blocks_separate_nobody(record: Make) -> None:
    assert grid(record, 3, 6, 20).across_blocks()["tie_group"].tolist() == ["a", "a", "a"]


def test_a_method_that_lacks_a_block_is_not_ranked_across(record: Make) -> None:
    board = grid(record, 3, 7, 4)
    cells = [r for r in board.records if not (r.subject.method == "m00" and r.subject.dataset == "d03")]
    found = Leaderboard([*cells, record("m00", status="failed", subject={"dataset": "d03"})]).across_blocks()
    first = found[found["method"] == "m00"].iloc[0]
    assert pd.isna(first["mean_rank"])
    assert first[["blocks", "total"]].tolist() == [6, 7]
    assert found["pool"].dropna().unique().tolist() == [2]


def test_mean_ranks_by_hand(record: Make) -> None:
    scores = {"a": (3.0, 1.0), "b": (2.0, 1.0), "c": (1.0, 2.0)}
    board = Leaderboard(
        [record(m, [v, v], subject={"model": f"net{b}"}) for m, values in scores.items() for b, v in enumerate(values)]
    )
    # block 0: a b c = 1 2 3; block 1: c = 1, a and b share 2.5
    found = board.across_blocks().set_index("method")["mean_rank"].to_dict()
    assert found == {"a": 1.75, "b": 2.25, "c": 2.0}


def test_parameters_that_follow_the_block_do_not_split_a_metric(record: Make) -> None:
    board = Leaderboard(
        [
            record(m, [1.0 + i, 2.0 + i], parameters={"region": region, "steps": 8}, subject={"dataset": dataset})
            for i, m in enumerate("ab")
            for region, dataset in ((2, "digits"), (16, "photos"))
        ]
    )
    assert board.across_blocks()["total"].tolist() == [2, 2]
    table = board.table("faithfulness")
    assert table.headers == ("dataset", "model", "rank (srg)", "method", "srg ↑")
    assert "srg has region=2 for cnn on digits; region=16 for cnn on photos." in table.notes


def test_no_scores_and_one_method(record: Make) -> None:
    assert Leaderboard([]).claim() == "No scores: nothing is claimed."
    assert "One method is compared with no other." in Leaderboard([record("gradient", [1.0])]).claim()


def test_kinds_are_separate_pools(record: Make) -> None:
    board = Leaderboard(
        [
            record("gradient", [1.0, 2.0]),
            record("tracin", [5.0, 6.0], "leave_one_out", subject={"kind": "influence"}),
            record("embedding", [1.0, 2.0], "leave_one_out", subject={"kind": "influence"}),
        ]
    )
    frame = board.to_pandas()
    assert frame.groupby("kind")["pool"].first().to_dict() == {"attribution": 1, "influence": 2}
    assert "2 methods need 6 blocks" in board.claim()
