"""Variance components of a board: axes, nesting, seeds, infills, and what is left out."""

import numpy as np
import pytest

from whybench.leaderboard import Leaderboard
from whybench.statistics import variance_components

METHODS, MODELS, SAMPLES, SEEDS, INFILLS = "ab", ("cnn", "mlp", "vit"), 4, (0, 1), ("mean", "blur")


@pytest.fixture(name="table")
def _table() -> np.ndarray:
    return np.random.default_rng(1).normal(size=(2, 3, SAMPLES, 2, 2))


def cells(record, table) -> list:
    return [
        record(
            method,
            table[m, b, :, s, i],
            parameters={"infill": infill, "steps": 8},
            subject={"model": model, "seed": seed},
        )
        for m, method in enumerate(METHODS)
        for b, model in enumerate(MODELS)
        for s, seed in enumerate(SEEDS)
        for i, infill in enumerate(INFILLS)
    ]


def test_every_axis_is_a_source(record, table) -> None:
    found = Leaderboard(cells(record, table)).variance()
    order = table[..., [1, 0]]  # infills by name
    expected = variance_components(order, ["method", "model", "sample", "seed", "infill"], {"sample": ["model"]})
    assert found["variance"].tolist() == pytest.approx([c.variance for c in expected], abs=1e-12)
    assert found["share"].sum() == pytest.approx(1, abs=1e-12)
    named = found.set_index("source")["variance"]
    by_factors = {c.factors: c.variance for c in expected}
    assert named["method x model"] == pytest.approx(by_factors["method", "model"], abs=1e-12)
    assert named["sample in model"] == pytest.approx(by_factors["model", "sample"], abs=1e-12)
    assert named["seed"] == pytest.approx(by_factors["seed",], abs=1e-12)
    assert named["infill"] == pytest.approx(by_factors["infill",], abs=1e-12)
    assert found.iloc[0][["metric", "methods", "models", "samples", "seeds", "infills"]].tolist() == [
        "srg",
        2,
        3,
        4,
        2,
        2,
    ]


def test_unequal_seeds_are_averaged(record, table) -> None:
    board = Leaderboard([r for r in cells(record, table) if not (r.subject.method == "b" and r.subject.seed)])
    found = board.variance()
    assert found["seeds"].unique().tolist() == [1]
    averaged = np.stack([table[0].mean(axis=2), table[1, :, :, 0]])
    expected = variance_components(
        averaged[..., [1, 0]], ["method", "model", "sample", "infill"], {"sample": ["model"]}
    )
    assert found["variance"].tolist() == pytest.approx([c.variance for c in expected], abs=1e-12)


def test_an_infill_a_block_is_no_source(record, table) -> None:
    own = dict(zip(MODELS, ("mean", "blur", "mean"), strict=True))
    board = Leaderboard(
        [
            r
            for r in cells(record, table)
            if r.metric_parameters["infill"] == own[r.subject.model] and not r.subject.seed
        ]
    )
    found = board.variance()
    assert found["source"].tolist() == [
        "method",
        "model",
        "method x model",
        "sample in model",
        "method x sample in model",
    ]
    assert found["infills"].unique().tolist() == [1]


def test_one_block(record, table) -> None:
    found = Leaderboard([record(m, table[k, 0, :, 0, 0]) for k, m in enumerate(METHODS)]).variance()
    assert found["source"].tolist() == ["method", "sample", "method x sample"]


def test_the_smallest_block_sets_the_number_of_samples_and_incomplete_methods_are_out(record, table) -> None:
    board = Leaderboard(
        [
            *(record(m, table[k, 0, :, 0, 0]) for k, m in enumerate(METHODS)),
            *(record(m, table[k, 1, :3, 0, 0], subject={"model": "mlp"}) for k, m in enumerate(METHODS)),
            record("c", [1.0, None, 2.0, 3.0]),
            record("c", [1.0, 2.0, 3.0], subject={"model": "mlp"}),
        ]
    )
    found = board.variance()
    assert found.iloc[0][["methods", "models", "samples"]].tolist() == [2, 2, 3]
    expected = variance_components(table[:, :2, :3, 0, 0], ["method", "model", "sample"], {"sample": ["model"]})
    assert found["variance"].tolist() == pytest.approx([c.variance for c in expected], abs=1e-12)


def test_one_method_has_none(record) -> None:
    assert Leaderboard([record("a", [1.0, 2.0])]).variance().empty
    assert Leaderboard([]).variance().empty
