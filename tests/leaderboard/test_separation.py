"""How many more samples or blocks would separate the first two."""

import numpy as np
import pandas as pd

from whybench.leaderboard import Leaderboard
from whybench.statistics import standardised, units_to_separate


def board(record, effect: float, samples: int = 12, blocks: int = 1) -> tuple[Leaderboard, np.ndarray]:
    noise = np.random.default_rng(5).normal(size=(2, blocks, samples))
    a, b = noise[0] + effect + 10, noise[1] + 10
    cells = [
        record(m, x[k], headline=True, subject={"dataset": f"d{k}"})
        for m, x in (("a", a), ("b", b))
        for k in range(blocks)
    ]
    return Leaderboard(cells), np.stack([a, b])


def test_samples_from_the_paired_differences(record) -> None:
    made, (a, b) = board(record, 0.2)
    row = made.separation().iloc[0]
    expected = units_to_separate((a - b)[0])
    assert (row["level"], row["first"], row["second"], row["have"], row["pool"]) == ("samples", "a", "b", 12, 2)
    assert (row["needed"], row["low"]) == (expected.units, expected.low)
    assert row["more"] == expected.units - 12 > 0
    assert not row["separated"]
    assert f"a and b: about {expected.units} samples, {expected.units - 12} more" in made.claim()


def test_blocks_from_their_standardised_differences(record) -> None:
    made, scores = board(record, 0.3, blocks=5)
    row = made.separation().set_index("level").loc["blocks"]
    leads = [standardised(*(x[k] for x in scores)) for k in range(5)]
    expected = units_to_separate(leads)
    assert (row["have"], row["needed"], row["more"]) == (5, expected.units, max(expected.units - 5, 1))
    assert "With blocks as the unit, the first two would be separated as follows (an estimate" in made.claim()


def test_what_is_separated_needs_no_more(record) -> None:
    made, _ = board(record, 5.0)
    row = made.separation().iloc[0]
    assert (row["separated"], row["more"]) == (True, 0)
    assert "they are, by the 12 samples at hand" in made.claim()


def test_two_samples_say_nothing_and_level_ones_never_will(record) -> None:
    made = Leaderboard([record("a", [1.0, 2.0]), record("b", [0.0, 1.5])])
    assert pd.isna(made.separation().iloc[0]["needed"])
    assert "2 samples are too few to estimate from" in made.claim()
    level = Leaderboard([record("a", [1.0, 2.0, 3.0]), record("b", [1.0, 2.0, 3.0])])
    assert pd.isna(level.separation().iloc[0]["more"])
    assert "no number of samples would do" in level.claim()


def test_many_blocks_are_counted_and_not_listed(record) -> None:
    made, _ = board(record, 0.3, blocks=8)
    assert "With samples as the unit, the first two are separated in 1 of 8 leading columns" in made.claim()
    assert "tie groups stand in place of ranks, in 7 of 8 columns." in made.claim()


def test_one_method_has_no_row(record) -> None:
    assert Leaderboard([record("a", [1.0, 2.0, 3.0])]).separation().empty
