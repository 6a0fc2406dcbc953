"""Agreement between metrics, no number counted twice."""

import numpy as np
import pytest

from whybench.leaderboard import Leaderboard
from whybench.statistics import estimate, kendall_tau_b

METHODS = ("gradient", "lrp", "occlusion", "random", "shap")


@pytest.fixture(name="scores")
def _scores() -> dict[str, np.ndarray]:
    generator = np.random.default_rng(3)
    deletion, insertion, other, sparse = generator.normal(size=(4, len(METHODS), 8))
    clean = generator.normal(size=8) * 5
    return {
        "deletion": deletion,
        "insertion": insertion,
        "srg": insertion - deletion,
        "abpc": 2 * (insertion - deletion),
        "aopc": clean - deletion,
        "infidelity": other,
        "gini": sparse,
    }


def made(record, scores, **subject) -> list:
    return [
        record(
            method,
            values[k],
            metric,
            higher_is_better=metric not in ("deletion", "infidelity"),
            family="complexity" if metric == "gini" else "faithfulness",
            subject=subject,
        )
        for metric, values in scores.items()
        for k, method in enumerate(METHODS)
    ]


def test_five_names_of_a_sweep_count_as_two(record, scores) -> None:
    found = Leaderboard(made(record, scores)).agreement()
    assert len(found) == 21
    counted = {tuple(sorted(pair)) for pair in found[found.counted][["metric_a", "metric_b"]].itertuples(index=False)}
    names = {name for pair in counted for name in pair}
    assert len(names & {"deletion", "insertion", "srg", "abpc", "aopc"}) == 2
    assert {"infidelity", "gini"} <= names
    assert len(counted) == 6
    by_pair = {tuple(sorted((r.metric_a, r.metric_b))): r for r in found.itertuples()}
    assert by_pair["abpc", "srg"].relation == by_pair["aopc", "deletion"].relation == "same number"
    assert by_pair["abpc", "srg"].tau_b == by_pair["aopc", "deletion"].tau_b == 1.0
    assert by_pair["deletion", "srg"].relation == "built of each other"
    assert by_pair["infidelity", "srg"].relation == ""


def test_names_do_not_decide(record, scores) -> None:
    """Numbers called like two of one sweep, but which are not, count."""
    two = {"aopc": scores["infidelity"], "deletion": scores["deletion"]}
    assert Leaderboard(made(record, two)).agreement()["counted"].tolist() == [True]


def test_families_are_averaged_over_counted_pairs_then_over_blocks(record, scores) -> None:
    second = {name: values[::-1] if name == "gini" else values for name, values in scores.items()}
    board = Leaderboard([*made(record, scores), *made(record, second, model="mlp")])
    found = board.family_agreement().set_index(["family_a", "family_b"])
    within, across = found.loc[("faithfulness", "faithfulness")], found.loc[("faithfulness", "complexity")]
    assert (within["blocks"], within["pairs"], across["pairs"]) == (2, 6, 6)
    pairs = board.agreement()
    taus = pairs[pairs.counted & (pairs.family_a != pairs.family_b)].groupby("model")["tau_b"].mean()
    expected = estimate(taus.tolist())
    assert across["tau_b"] == pytest.approx(expected.mean, abs=1e-12)
    assert across["low"] == max(expected.low, -1.0)
    assert -1 <= across["lowest"] <= across["tau_b"] <= across["highest"] <= 1


def test_tau_is_that_of_the_means(record, scores) -> None:
    found = Leaderboard(
        made(record, {"insertion": scores["insertion"], "infidelity": scores["infidelity"]})
    ).agreement()
    expected = kendall_tau_b(-scores["infidelity"].mean(axis=1), scores["insertion"].mean(axis=1))
    assert found.iloc[0]["tau_b"] == expected
