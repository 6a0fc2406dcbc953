"""A metric that knows the truth gets tau 1, its reverse -1, chance 0; what has no order is said to have none."""

import itertools
import math

import numpy as np
import pytest
import torch
from known_judges import METHODS, Judge, features, linear_world, oracle

from whybench.methods.attribution import InputXGradient
from whybench.validity import Chance, Judged, Resemblance, agreement, judge, misordered, misplaced, only, validity


def judged(**metrics: Judge) -> Judged:
    return judge(linear_world(), METHODS, metrics)


def test_oracle_reversed_and_level() -> None:
    world = linear_world()
    right = oracle(world)
    found = judged(
        right=right, reversed=Judge(right.rule, better=True), level=Judge(lambda case: torch.zeros(12).double())
    )
    assert [agreement(found, name).tau for name in ("right", "reversed", "level")] == [1.0, -1.0, 0.0]
    assert agreement(found, "right").methods == 6
    assert agreement(found, "right").samples == 12


def test_errors_grow_with_the_noise() -> None:
    errors = judged(right=oracle(linear_world())).errors["misplaced"].mean(1)
    assert (np.diff(errors) > 0).all()
    exact = judge(linear_world(), {"ixg": InputXGradient()}, {})
    assert exact.errors["misplaced"].max() < 1e-12
    assert exact.errors["misordered"].max() < 1e-12


def test_tau_by_all_pairs() -> None:
    found = judged(first=Judge(lambda case: features(case)[:, 0]))
    scores, errors = found.scores["first"].mean(1), found.errors["misplaced"].mean(1)
    pairs = list(itertools.combinations(range(6), 2))
    slow = sum(np.sign(scores[a] - scores[b]) * np.sign(errors[b] - errors[a]) for a, b in pairs) / len(pairs)
    assert agreement(found, "first").tau == pytest.approx(slow, abs=1e-12)


def test_chance_has_no_tau_in_expectation() -> None:
    """The mean of tau over 400 draws: its standard deviation for 6 methods is sqrt(2 (2 m + 5) / (9 m (m - 1)))."""
    draw = np.random.default_rng(0)
    errors = {"misplaced": np.repeat(np.arange(6.0)[:, None], 8, 1)}
    names = tuple("abcdef")
    taus = [
        agreement(Judged("w", names, {"c": draw.normal(size=(6, 8))}, errors, {"c": True}), "c").tau for _ in range(400)
    ]
    one = math.sqrt(2 * (2 * 6 + 5) / (9 * 6 * 5))
    assert abs(np.mean(taus)) < 3 * one / math.sqrt(400)
    assert np.std(taus) == pytest.approx(one, rel=0.1)


def test_chance_and_resemblance_ask_the_model_nothing() -> None:
    world = linear_world()
    calls: list[int] = []
    world.model.module.register_forward_hook(lambda *_: calls.append(1))
    found = judge(world, METHODS, {"chance": Chance(), "like": Resemblance("input_difference")})
    assert calls == []
    assert np.isfinite(found.scores["chance"]).all()
    brightest = judge(world, {"x": InputXGradient()}, {"like": Resemblance("input_difference")})
    assert brightest.scores["like"].shape == (1, 12)


def test_a_method_with_few_scores_leaves_both_orders() -> None:
    found = judged(right=oracle(linear_world()))
    scores = found.scores["right"].copy()
    scores[0, :4] = np.nan  # of 12: two thirds are left, three quarters are needed
    scores[1, :3] = np.nan
    changed = Judged("w", found.methods, {"right": scores}, found.errors, found.higher_is_better)
    kept = agreement(changed, "right")
    assert (kept.tau, kept.methods, kept.samples) == (1.0, 5, 9)
    scores[2:4] = np.nan
    assert agreement(changed, "right").tau is None


def test_samples_without_any_score_do_not_count() -> None:
    found = judged(right=oracle(linear_world()))
    scores = found.scores["right"].copy()
    scores[:, :6] = np.nan
    changed = Judged("w", found.methods, {"right": scores}, found.errors, found.higher_is_better)
    assert (agreement(changed, "right").methods, agreement(changed, "right").samples) == (6, 6)


def test_only_some_methods() -> None:
    found = only(judged(right=oracle(linear_world())), ["noise 0.2", "noise 4.0"])
    assert found.methods == ("noise 0.2", "noise 4.0")
    assert found.scores["right"].shape == (2, 12)


def test_summed_up_over_worlds() -> None:
    found = judged(right=oracle(linear_world()))
    none = judged(none=Judge(lambda case: features(case)[:, 0]))
    none.scores["none"][:] = np.nan
    summed = validity([agreement(found, "right"), agreement(found, "right"), agreement(none, "none")])
    assert (summed.worlds, summed.of) == (2, 3)
    assert summed.tau is not None
    assert summed.tau.mean == 1.0


def test_misplaced_and_misordered_slowly() -> None:
    draw = torch.Generator().manual_seed(1)
    given, worth = (torch.randn(5, 7, generator=draw, dtype=torch.float64) for _ in range(2))
    for a, b, share, order in zip(given, worth, misplaced(given, worth), misordered(given, worth), strict=True):
        sums = sum(abs(float(v)) for v in a), sum(abs(float(v)) for v in b)
        slow = sum(abs(float(x) / sums[0] - float(y) / sums[1]) for x, y in zip(a, b, strict=True)) / 2
        assert float(share) == pytest.approx(slow, abs=1e-12)
        squares = float((a.argsort().argsort() - b.argsort().argsort()).square().sum())
        assert float(order) == pytest.approx(3 * squares / (7 * 48), abs=1e-12)  # (1 - rho) / 2 without ties


def test_scale_does_not_count_and_sign_does() -> None:
    worth = torch.tensor([[1.0, -2.0, 3.0]])
    assert misplaced(5 * worth, worth).item() < 1e-15
    assert misplaced(-worth, worth).item() == pytest.approx(1.0)
    assert misplaced(0 * worth, worth).item() == 1.0
    assert misordered(0 * worth, worth).item() == 0.5
    assert torch.isnan(misplaced(worth, 0 * worth)).all()
    assert torch.isnan(misordered(worth, 0 * worth)).all()
