"""benchmarks/methods_study.py: verdicts, needs, relations and components on planted records."""

import sys
from dataclasses import replace
from itertools import combinations
from math import comb
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kendalltau, norm, wilcoxon

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks" / "study"))

import study_components as components
import study_page as page
from study_needs import Spread, models_needed, needs
from study_relatives import agreement, architecture, halves, relation
from study_verdicts import claims, contradictions, differences, subpools

from whybench.leaderboard import Leaderboard
from whybench.leaderboard.contest import Block
from whybench.records import Record, SampleScore, Subject
from whybench.registries import fill
from whybench.statistics import needed_units, places
from whybench.suite import suite

fill()


def test_places_and_differences() -> None:
    scores = np.array([[3.0, 1.0], [2.0, 1.0], [1.0, 5.0]])
    ranks = places(scores)
    assert ranks.tolist() == [[1, 2.5], [2, 2.5], [3, 1]]
    expected = [[ranks[b, k] - ranks[a, k] for k in range(2)] for a, b in combinations(range(3), 2)]
    assert differences(ranks).tolist() == expected


def test_claims_are_scipys_signed_rank() -> None:
    generator = np.random.default_rng(3)
    rows = generator.normal(0.6, 1.0, (40, 12))
    tests = [wilcoxon(row, method="exact") for row in rows]
    expected = [int(np.sign(row.mean())) if t.pvalue <= 0.05 else 0 for row, t in zip(rows, tests, strict=True)]
    assert claims(rows).tolist() == expected
    assert 0 < sum(c != 0 for c in expected) < 40


def test_with_five_models_nothing_can_be_claimed() -> None:
    assert claims(np.ones((1, 5))).tolist() == [0]
    assert claims(np.arange(1.0, 7)[None]).tolist() == [1]
    assert claims(-np.arange(1.0, 7)[None]).tolist() == [-1]


def test_subpools_of_a_pair_that_three_models_of_twelve_reverse() -> None:
    row = np.arange(1.0, 13)
    row[:3] *= -1
    assert claims(row[None]).tolist() == [1]
    one, _, twelve = subpools(row[None], (1, 3, 12))
    assert (one.pairs, one.claimed, one.contradicted) == (1, 0.0, None)
    assert one.wrong_way == pytest.approx(3 / 12, abs=0.07)
    assert (twelve.claimed, twelve.contradicted, twelve.wrong_way) == (1.0, 0.0, 0.0)


def test_majorities_of_three_are_hypergeometric() -> None:
    row = np.arange(1.0, 13)
    row[:3] *= -1
    wrong = sum(comb(3, k) * comb(9, 3 - k) for k in (2, 3)) / comb(12, 3)
    assert subpools(row[None], (3,))[0].wrong_way == pytest.approx(wrong, abs=3 * np.sqrt(wrong * (1 - wrong) / 400))


def test_pairs_that_the_pool_does_not_separate_are_left_out() -> None:
    sure = np.arange(1.0, 13)
    unsure = sure * np.tile([1.0, -1.0], 6)
    assert subpools(np.stack([sure, unsure]), (2,))[0].pairs == 1


def test_orientation_does_not_matter() -> None:
    rows = np.random.default_rng(0).normal(1.0, 1.0, (5, 14))
    assert subpools(rows, (2, 7)) == subpools(-rows, (2, 7))


def test_contradictions_by_enumeration() -> None:
    claimed = np.array([[1, 1, -1, 0], [0, 0, 0, 0], [-1, -1, 0, 0]])
    said = [(a, b) for row in claimed for a, b in combinations(row[row != 0], 2)]
    found = contradictions(claimed)
    assert (found.claims, found.pairs) == (5, 2)
    assert found.clash == pytest.approx(sum(a != b for a, b in said) / len(said)) == 0.5


def test_needed_models_find_the_difference_four_times_of_five() -> None:
    spread = Spread(model=0.01, sample=0.04)
    k = models_needed(0.1, spread, 16)
    error = np.sqrt(2 * (0.01 + 0.04 / 16) / k)
    assert norm.sf(norm.ppf(0.975) - 0.1 / error) >= 0.8
    error = np.sqrt(2 * (0.01 + 0.04 / 16) / (k - 1))
    assert norm.sf(norm.ppf(0.975) - 0.1 / error) < 0.8


def test_samples_do_not_stand_in_for_models() -> None:
    spread = Spread(model=0.01, sample=0.04)
    assert models_needed(0.1, spread, 10**9) == 16
    assert models_needed(0.1, Spread(0.0, 0.04), 10**9) == 2
    assert models_needed(0.1, spread, 16, pairs=78) > models_needed(0.1, spread, 16)


def test_a_pair_that_every_model_separates_and_one_that_none_does() -> None:
    ahead = np.stack([-np.arange(1.0, 19), np.tile([2.0, -2.0], 9)])
    rows = needs(ahead, 13, (6, 18))
    assert [r.share for r in rows] == [0.5, 0.5, 0.5]
    assert needed_units(13) == 12
    assert [r.corrected for r in rows] == [0.0, 0.5, 0.5]


def test_relations_of_blocks() -> None:
    blocks = [Block("attribution", d, m) for d, m in (("x", "a_cnn"), ("x", "a_mlp"), ("y", "b_cnn"), ("z", "c_mlp"))]
    names = [relation(a, b) for a, b in combinations(blocks, 2)]
    same, kind = "same data, another architecture", "same kind of architecture, other data"
    assert names == [same, kind, "neither", "neither", kind, "neither"]
    assert [architecture(m) for m in ("mnist_resnet", "digits_lenet", "efficientnet_lite1")] == [
        "resnet",
        "lenet",
        "efficientnet",
    ]
    scores = np.random.default_rng(0).normal(size=(7, 4))
    found = {r.relation: r for r in agreement(blocks, scores)}
    assert found[same].tau == pytest.approx(kendalltau(scores[:, 0], scores[:, 1]).statistic)
    assert {name: r.pairs for name, r in found.items()} == {same: 1, kind: 2, "neither": 3}


def test_halves_of_samples() -> None:
    table = np.array([[1.0, 9.0, 1.0, 9.0], [2.0, 8.0, 2.0, 8.0], [3.0, 7.0, 3.0, 7.0]])
    assert halves([table]).tau == -1.0
    assert halves([table, np.repeat(table[:, :1], 4, axis=1)]).tau == 0.0


def record(model: str, method: str, infill: str, seed: int, values: dict[str, float], control: bool = False) -> Record:
    return Record(
        key=f"{model}{method}{infill}{seed}",
        subject=Subject("attribution", "planted", "data", model, method, {}, seed),
        metric="srg",
        metric_parameters={"infill": infill},
        family="faithfulness",
        higher_is_better=True,
        trivial=False,
        control=control,
        leak=False,
        status="ok",
        reason="",
        samples=tuple(SampleScore(i, v) for i, v in values.items()),
    )


def planted(models: int, trainings: int, samples: int, runs: int, spreads: dict[str, float]) -> Leaderboard:
    """Scores drawn with a variance of each source."""
    draw = np.random.default_rng(11)
    methods = [f"m{k}" for k in range(8)]
    of = {name: np.sqrt(v) for name, v in spreads.items()}
    general = draw.normal(0, of["method"], 8)
    records = []
    for b in range(models):
        here = draw.normal(0, of["model"], 8)
        shared = draw.normal(0, of["sample"], samples)
        for t in range(trainings):
            trained = draw.normal(0, of["training"], 8)
            name = f"net{b}" if t == 0 else f"net{b}(seed={t})"
            for r in range(runs):
                noise = draw.normal(0, of["rest"], (8, samples))
                score = (general + here + trained)[:, None] + shared + noise
                records += [
                    record(name, m, "mean", r, {f"s{i:02d}": float(score[k, i]) for i in range(samples)})
                    for k, m in enumerate(methods)
                ]
    records.append(record("net0", "random", "mean", 0, {f"s{i:02d}": 0.0 for i in range(samples)}, control=True))
    return Leaderboard(records)


SPREADS = {"method": 0.05, "model": 0.04, "training": 0.02, "sample": 0.3, "rest": 0.01}


def test_planted_components_are_found() -> None:
    board = planted(40, 1, 6, 1, SPREADS | {"training": 0.0})
    found, levels = components.of_models(board)
    assert levels == {"method": 8, "model": 40, "sample": 6}
    assert components.variance(found, "method", "model") == pytest.approx(0.04, rel=0.15)
    assert components.variance(found, "method", "model", "sample") == pytest.approx(0.01, rel=0.1)
    assert components.variance(found, "model", "sample") == pytest.approx(0.3, rel=0.2)
    assert components.variance(found, "model") < 0.05
    assert page.spread(found).of_difference(2) == pytest.approx(2 * (0.04 + 0.005), rel=0.15)


def test_seeds_of_training_are_told_from_those_of_methods() -> None:
    found, levels = components.of_seeds(planted(12, 4, 5, 2, SPREADS))
    assert levels == {"method": 8, "model": 12, "training": 4, "sample": 5, "run": 2}
    assert components.variance(found, "method", "model", "training") == pytest.approx(0.02, rel=0.2)
    assert components.variance(found, "method", "model") == pytest.approx(0.04, rel=0.35)
    assert next(iter(components.shares(found))) == "sample in model"
    assert components.shares(found)["method x training seed in model"][0] == pytest.approx(0.02, rel=0.2)


def test_infills_are_a_factor_where_a_model_has_all() -> None:
    values = {"s0": 1.0, "s1": 2.0}
    held = [
        record(f"net{b}", m, infill, 0, {i: v + k + b * (infill == "blur") for i, v in values.items()})
        for b in range(3)
        for k, m in enumerate(("a", "b"))
        for infill in (("mean", "blur") if b < 2 else ("mean",))
    ]
    _, levels = components.of_infills(Leaderboard(held), ("mean", "blur"))
    assert levels == {"method": 2, "model": 2, "sample": 2, "infill": 2}


def test_a_missing_score_is_no_table() -> None:
    frame = pd.DataFrame(
        [("net0", "mean", m, 0, i, 1.0) for m in "ab" for i in ("x", "y")][:-1],
        columns=["model", "infill", "method", "run", "sample_id", "score"],
    )
    frame.loc[len(frame)] = ("net1", "mean", "a", 0, "x", 1.0)
    with pytest.raises(ValueError, match="combinations of method, model, sample"):
        components.table(frame, ("method", "model", "sample"))


def test_the_plan_of_the_pool() -> None:
    found = suite("methods_study")
    blocks = [(b.model_name, b.dataset_name) for b in found.blocks]
    assert len(set(blocks)) == len(blocks) == 18
    assert not any("seed" in model for model, _ in blocks)
    pools = [{e.method.name + str(getattr(e.method, "composite", "")) for e in b.methods} for b in found.blocks]
    everywhere = set.intersection(*pools)
    assert len(everywhere) == 16
    assert needed_units(16) <= len(blocks)
    for b in found.blocks:
        assert {"srg", "pixel_flipping", "insertion", "complexity"} <= {m.name for m in b.metrics}
        assert ("sensitivity_max" in {m.name for m in b.metrics}) == (b.dataset_name != "imagenet_photos")


def test_the_plan_of_the_seeds() -> None:
    pool = {(b.model_name, b.dataset_name) for b in suite("methods_study").blocks}
    found = suite("methods_study_seeds")
    assert len(found.blocks) == 20
    names = [b.model_name for b in found.blocks]
    assert len(set(names)) == 20
    assert sum((b.model_name, b.dataset_name) in pool for b in found.blocks) == 5
    assert replace(found, seed=1).plan() == found.plan()


def test_what_the_page_says() -> None:
    assert page.table(("a", "b"), [(1, 2)]) == "| a | b |\n| --- | --- |\n| 1 | 2 |"
    assert [page.percent(s) for s in (None, 0.0, 0.004, 0.25, 1.0)] == ["-", "0 %", "0.4 %", "25 %", "100 %"]
    row = np.arange(1.0, 13)
    row[:3] *= -1
    found = subpools(row[None], (1, 12))
    text = page.answer(
        found, contradictions(np.array([[1, -1, 1]])), Spread(0.01, 0.0), 0.1, needs(row[None], 2, (13,)), 1
    )
    assert "in 67 % of the cases they name different winners" in text
    assert "sub-pools of 12 models" in text
    assert "with any number of samples still 16" in text
