"""The timing profile against values computed by hand."""

from collections.abc import Callable

import pandas as pd

from whybench.leaderboard import Leaderboard
from whybench.records import Cost, ExplanationRecord, Record

Make = Callable[..., Record]
Explain = Callable[..., ExplanationRecord]


def test_an_explanation_costs_a_sample(explanation: Explain) -> None:
    board = Leaderboard([], [explanation("gradient", 4, Cost(8, 4, 2.0, 3.0, 5_000_000), bare=0.5)])
    found = board.timing.iloc[0]
    assert (found["forward"], found["backward"], found["samples"]) == (2.0, 1.0, 4)
    assert (found["wall_seconds"], found["cpu_seconds"], found["peak_bytes"]) == (0.5, 0.75, 5e6)
    assert found["ratio"] == 4.0
    assert found["metric"] == ""
    (table,) = board.timing_tables()
    assert table.rows == (("digits", "cnn", "gradient", "—", "2 + 1", "500", "750", "5", "4", "—"),)


def test_a_metric_costs_its_own_part_and_its_share(record: Make, explanation: Explain) -> None:
    cell = record("gradient", [1.0, 2.0], own=Cost(2, 0, 0.25, 0.25, 7), shared=Cost(5.0, 1.0, 0.75, 1.75, 9))
    found = Leaderboard([cell], [explanation("gradient", 4, Cost(), bare=0.5)]).timing
    row = found[found["metric"] == "srg"].iloc[0]
    assert (row["forward"], row["backward"], row["wall_seconds"], row["cpu_seconds"]) == (3.5, 0.5, 0.5, 1.0)
    assert row["peak_bytes"] == 9
    # 1 s for 2 samples, of which one bare forward pass takes 0.25 s
    assert row["ratio"] == 4.0


def test_seeds_are_averaged_and_memory_is_the_most(explanation: Explain) -> None:
    made = [
        explanation("gradient", 2, Cost(2, 2, 1.0, 1.0, 10), bare=1.0, seed=0),
        explanation("gradient", 2, Cost(4, 2, 3.0, 1.0, None), bare=1.0, seed=1),
    ]
    row = Leaderboard([], made).timing.iloc[0]
    assert (row["seeds"], row["forward"], row["wall_seconds"], row["peak_bytes"], row["ratio"]) == (
        2,
        1.5,
        1.0,
        10,
        2.0,
    )


def test_what_did_not_run_or_was_not_measured(record: Make, explanation: Explain) -> None:
    failed = record("lrp", status="failed")
    board = Leaderboard([failed, record("gradient", [1.0])], [explanation("gradient", 1, Cost(1), bare=0.0)])
    found = board.timing
    assert found["method"].tolist() == ["gradient", "gradient"]
    assert found["ratio"].isna().all()
    assert found["peak_bytes"].isna().all()
    assert [table.rows[0][7:10] for table in board.timing_tables()] == [("—", "—", "—"), ("—", "—", "—")]
    assert pd.api.types.is_float_dtype(found["ratio"])
