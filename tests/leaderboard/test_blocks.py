"""Methods over blocks: duels, win matrices, mean ranks of a published table, training seeds, profiles."""

from collections.abc import Callable

import numpy as np
import pytest

from whybench.errors import UnknownName
from whybench.leaderboard import Leaderboard
from whybench.records import Record
from whybench.statistics import compare, holm, signed_rank

Make = Callable[..., Record]

NAMES = ("C4.5", "C4.5+m", "C4.5+cf", "C4.5+m+cf")
AUC = """.763 .768 .771 .798  .599 .591 .590 .569  .954 .971 .968 .967  .628 .661 .654 .657  .882 .888 .886 .898
.936 .931 .916 .931  .661 .668 .609 .685  .583 .583 .563 .625  .775 .838 .866 .875  1 1 1 1  .940 .962 .965 .962
.619 .666 .614 .669  .972 .981 .97501 .975  .957 .978 .946 .970"""
"""Table 6 of Demsar 2006, a data set after the other."""


@pytest.fixture(name="demsar")
def _demsar(record: Make) -> Leaderboard:
    """Two samples about each published mean, spread alike, so that standardised differences rank as the means do."""
    table = np.array(AUC.split(), dtype=float).reshape(14, 4)
    return Leaderboard(
        [
            record(name, [score - 1, score + 1], "auc", subject={"dataset": f"d{b:02d}"}, headline=True)
            for b, row in enumerate(table)
            for name, score in zip(NAMES, row, strict=True)
        ]
    )


def test_mean_ranks_and_tests_of_a_published_table(demsar: Leaderboard) -> None:
    found = demsar.across_blocks().set_index("method")
    assert found["mean_rank"].round(3).to_dict() == {"C4.5+m+cf": 1.964, "C4.5+m": 2.0, "C4.5+cf": 2.893, "C4.5": 3.143}
    assert found["rank"].to_dict() == {"C4.5+m+cf": 1, "C4.5+m": 2, "C4.5+cf": 3, "C4.5": 4}
    assert found["tie_group"].to_dict() == {"C4.5+m+cf": "ab", "C4.5+m": "a", "C4.5+cf": "ab", "C4.5": "b"}
    assert (found["rank_low"] <= found["rank"]).all()
    assert (found["rank"] <= found["rank_high"]).all()


def test_duels_are_the_paired_comparisons_of_blocks(demsar: Leaderboard) -> None:
    table = dict(zip(NAMES, np.array(AUC.split(), dtype=float).reshape(14, 4).T, strict=True))
    duels = demsar.duels()
    assert len(duels) == 6
    for row in duels.itertuples():
        found = compare(table[row.method_a], table[row.method_b])
        leads = [d / (2 * np.sqrt(1 + d**2 / 4)) for d in table[row.method_a] - table[row.method_b]]
        assert row.effect == pytest.approx(np.mean(leads), abs=1e-12)
        test = signed_rank(np.round(leads, 10))
        assert (row.p, row.rank_biserial) == (test.p, test.rank_biserial)
        assert [row.difference, row.low, row.high, row.median] == pytest.approx(
            [found.difference.mean, found.difference.low, found.difference.high, found.median], abs=1e-12
        )
    assert duels["p_holm"].tolist() == holm(duels["p"]).tolist()
    one = duels[(duels.method_a == "C4.5+m") & (duels.method_b == "C4.5")].iloc[0]
    # Demsar 2006, table 2: C4.5+m is ahead on 10 data sets, behind on 2, equal on 2
    assert (one["wins"], one["draws"], one["losses"], one["blocks"], one["separated"]) == (10, 2, 2, 14, True)


def test_win_matrix(demsar: Leaderboard) -> None:
    (table,) = demsar.win_matrices("faithfulness")
    assert table.headers == ("method", "C4.5+m+cf", "C4.5+m", "C4.5+cf", "C4.5")
    assert table.rows[1] == ("C4.5+m", "6.5", "—", "10.5", "11*")
    assert table.rows[3] == ("C4.5", "2.5", "3*", "6.5", "—")
    assert table.notes[0] == "Pool: 4 ranked, 0 of them controls: C4.5, C4.5+cf, C4.5+m, C4.5+m+cf."
    with pytest.raises(UnknownName):
        demsar.win_matrices("sanity")


def test_table_over_blocks_names_its_pool_and_its_blocks(demsar: Leaderboard, record: Make) -> None:
    gap = [r for r in demsar.records if not (r.subject.method == "C4.5" and r.subject.dataset == "d03")]
    (table,) = Leaderboard(
        [*gap, record("C4.5", (), "auc", status="failed", subject={"dataset": "d03"})]
    ).across_tables("faithfulness")
    assert table.headers == ("method", "rank", "mean rank", "group", "blocks")
    assert table.rows[-1] == ("C4.5", "—", "—", "", "13/14")
    assert {line[4] for line in table.rows[:-1]} == {"14/14"}
    assert table.rows[0][1].endswith("of 3") or table.rows[0][1] == "tied, 3"
    assert "C4.5+cf, C4.5+m, C4.5+m+cf" in table.notes[0]
    assert table.notes[1].count("cnn on d") == 14


def test_a_smaller_pool_is_ranked_anew_and_pairs_stay(demsar: Leaderboard) -> None:
    part = demsar.subset(methods=["C4.5", "C4.5+cf"])
    assert part.across_blocks()["pool"].tolist() == [2, 2]
    assert part.across_blocks()["mean_rank"].sum() == 3
    whole = demsar.duels().set_index(["method_a", "method_b"]).loc[("C4.5+cf", "C4.5")]
    row = part.duels().iloc[0]
    assert (row["p"], row["wins"], row["difference"]) == (whole["p"], whole["wins"], whole["difference"])
    assert row["p_holm"] == row["p"]


def test_a_block_in_other_units_weighs_no_more(record: Make) -> None:
    """A regression's scores, in units of its label, beside classifiers': on means its difference ranked above all."""
    generator = np.random.default_rng(8)
    scores = generator.normal(size=(2, 7, 12)) + np.array([0.5, 0.0]).reshape(2, 1, 1)

    def board(unit: float) -> Leaderboard:
        units = [unit, *[1.0] * 6]
        return Leaderboard(
            [
                record(m, units[k] * x[k], subject={"dataset": f"d{k}"})
                for m, x in zip("ab", scores, strict=True)
                for k in range(7)
            ]
        )

    one, other = board(1.0).duels().iloc[0], board(1e4).duels().iloc[0]
    assert other[["p", "rank_biserial"]].tolist() == one[["p", "rank_biserial"]].tolist()
    assert other["effect"] == pytest.approx(one["effect"], abs=1e-11)


def test_training_seeds_can_be_nested(record: Make) -> None:
    scores = {"cnn": 1.0, "cnn(seed=1)": 2.0, "cnn(seed=2)": 6.0, "mlp": 4.0, "net(width=8, seed=3)": 5.0}
    board = Leaderboard(
        [
            record(m, [v * sign, v * sign], subject={"model": model})
            for m, sign in (("a", 1), ("b", -1))
            for model, v in scores.items()
        ]
    )
    assert board.duels()[["blocks", "difference"]].iloc[0].tolist() == [5, 7.2]
    nested = board.duels(nest_seeds=True).iloc[0]
    assert nested[["blocks", "wins"]].tolist() == [3, 3]
    assert nested["difference"] == pytest.approx((6 + 8 + 10) / 3, abs=1e-12)
    assert board.across_blocks(nest_seeds=True)["mean_rank"].tolist() == [1.0, 2.0]
    assert "The 5 blocks are 3 architectures on their data" in board.claim()


def test_profile_sets_places_side_by_side(record: Make) -> None:
    steps = np.arange(1.0, 9.0)
    board = Leaderboard(
        [
            record("lrp", steps + 3, headline=True),
            record("gradient", steps, headline=True),
            record("random", steps - 3, headline=True, control=True),
            record("lrp", steps, "loc", family="localisation"),
            record("gradient", [*steps[:-1], None], "loc", family="localisation"),
            record("random", steps, "loc", family="localisation", control=True),
            record("lrp", steps, "size", family="complexity", trivial=True),
        ]
    )
    (table,) = board.profile()
    assert table.headers == ("method", "faithfulness: srg", "localisation: loc")
    assert table.rows == (
        ("gradient", "2 (2–2) of 3 b", "— 7/8"),
        ("lrp", "1 (1–1) of 3 a", "tied, 2"),
        ("random (control)", "3 (3–3) of 3 c", "tied, 2"),
    )
    assert any("complexity" in note and "trivial" in note for note in table.notes)
    assert "Columns are not added up" in table.notes[0]


def test_profile_over_blocks(demsar: Leaderboard) -> None:
    (table,) = demsar.profile()
    assert [line[0] for line in table.rows] == sorted(NAMES)
    assert all(line[1].split(" ")[-2:][0] == "4" for line in table.rows)


def test_renderings_hold_the_profile_and_the_headline_over_blocks(demsar: Leaderboard, record: Make) -> None:
    board = Leaderboard(
        [
            *demsar.records,
            *(record(m, [1.0, 2.0], "loc", family="localisation", subject={"dataset": "d00"}) for m in NAMES),
        ]
    )
    for text in (board.to_markdown(), board.to_latex(), board._repr_html_()):
        assert "faithfulness: auc over blocks" in text
        assert "profile" in text
    assert "profile" not in demsar.to_markdown()
    assert "localisation: loc over blocks" not in board.to_markdown()
