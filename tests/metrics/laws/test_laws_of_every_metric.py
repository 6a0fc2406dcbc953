"""Every registered metric: what must not change a score, and maps of which there is nothing to say."""

import random
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from declared_exceptions import (
    ASKS_ONCE,
    COMPANY,
    CONSTANT_DIFFERS,
    CONSTANT_MAP,
    NO_MAP,
    SCALE,
    ZERO_HAS_A_SCORE,
    ZERO_MAP,
)
from law_world import ASKED, F64, SHAPE, images, judged, names, opened, scaled, seed_of, small
from planting import Answers
from torch import Tensor

from whybench.digests import tensors_digest
from whybench.errors import BadExplanation
from whybench.protocols import Query, Scores

every = pytest.mark.parametrize("name", names())


@cache
def known_scores(name: str) -> Scores:
    """All samples at once, in many rows a pass."""
    return small(name).score(opened(judged(name)))


def same(found: Tensor, wanted: Tensor, relative: float = 1e-12) -> None:
    torch.testing.assert_close(found, wanted, rtol=relative, atol=1e-12, equal_nan=True)


@every
def test_the_scores_here_tell_samples_apart(name: str) -> None:
    """Or else the laws below would hold for nothing."""
    values = known_scores(name).values
    known = values[~values.isnan()]
    assert len(known) >= 3
    assert len(known.unique()) > 1 or name in ("implementation_invariance", "non_sensitivity", "sufficiency")


@every
def test_the_order_of_samples_is_that_of_the_scores(name: str) -> None:
    order = [2, 0, 3, 1]
    before, after = known_scores(name), small(name).score(opened(judged(name), order))
    same(after.values, before.values[order])
    assert {order[i]: why for i, why in after.undefined.items()} == dict(before.undefined)
    for detail in before.details:
        same(after.details[detail], before.details[detail][order])


@every
def test_one_row_a_pass_changes_nothing(name: str) -> None:
    same(small(name).score(opened(judged(name), rows=1)).values, known_scores(name).values)


@every
def test_a_sample_scores_the_same_alone_and_in_company(name: str) -> None:
    metric, method = small(name), judged(name)
    together = known_scores(name).values
    alone = torch.cat([metric.score(opened(method, [i])).values for i in range(len(together))])
    if name in COMPANY:
        assert alone.isnan().all()
    else:
        same(alone, together)


@every
@pytest.mark.parametrize("factor", [1024.0, 0.3, 1e-200, 1e200])
def test_a_positive_factor_changes_nothing(name: str, factor: float) -> None:
    before, after = known_scores(name).values, small(name).score(opened(scaled(judged(name), factor))).values
    if name in SCALE:
        assert not torch.allclose(before, after)
    else:
        same(after, before, 1e-9)


def from_noise(rule: Callable[[Tensor, Tensor], Tensor]) -> Answers:
    """Maps made of normal and of uniform noise, drawn anew for every model, input and target."""

    def drawn(query: Query, i: int) -> Tensor:
        generator = torch.Generator().manual_seed(seed_of(query, i))
        normal = torch.randn(SHAPE, generator=generator, dtype=F64)
        return rule(normal, torch.rand(SHAPE, generator=generator, dtype=F64))

    return Answers(lambda query: torch.stack([drawn(query, i) for i in range(len(query))]))


def spike(uniform: Tensor) -> Tensor:
    """1 where the largest value is, 0 elsewhere."""
    return (uniform == uniform.max()).double()


EXTREMES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "noise": lambda normal, uniform: normal,
    "positive": lambda normal, uniform: uniform,
    "negative": lambda normal, uniform: -uniform,
    "huge": lambda normal, uniform: 1e300 * normal,
    "tiny": lambda normal, uniform: 1e-300 * normal,
    "smallest numbers": lambda normal, uniform: 5e-324 * (100 * uniform).round(),
    "all magnitudes": lambda normal, uniform: normal.sign() * 10 ** (600 * uniform - 300),
    "ties": lambda normal, uniform: normal.round(),
    "zero": lambda normal, uniform: 0 * normal,
    "constant": lambda normal, uniform: 0 * normal + 0.3,
    "constant but for rounding": lambda normal, uniform: 1 + 1e-15 * normal,
    "one hot": lambda normal, uniform: spike(uniform),
    "one cold": lambda normal, uniform: 1 - spike(uniform),
    "one negative": lambda normal, uniform: -spike(uniform),
}


@pytest.mark.parametrize("name", [name for name in names() if name not in ASKED])
def test_no_map_leaves_the_declared_range(name: str) -> None:
    """NaN is allowed with a reason only, which `Scores` checks itself."""
    metric = small(name)
    low, high = metric.range
    for rule in EXTREMES.values():
        values = metric.score(opened(from_noise(rule))).values
        known = values[~values.isnan()]
        assert ((low <= known) & (known <= high)).all()


@pytest.mark.parametrize("name", [name for name in names() if name not in ASKED or name == "implementation_invariance"])
def test_maps_that_say_nothing(name: str) -> None:
    """A reason, or the number that the definition gives: never one by accident of how ties are sorted."""
    zero = small(name).score(opened(from_noise(EXTREMES["zero"])))
    constant = small(name).score(opened(from_noise(EXTREMES["constant"])))
    if name in ZERO_MAP:
        assert set(zero.undefined.values()) == {ZERO_MAP[name]}
        assert zero.values.isnan().all()
    else:
        assert name in ZERO_HAS_A_SCORE
        assert not zero.undefined
    if name in CONSTANT_MAP:
        known = constant.values[~constant.values.isnan()]  # one image changes its class whenever it is shifted
        assert known.tolist() == pytest.approx([CONSTANT_MAP[name]] * max(3, len(known)), abs=1e-12)
    elif name not in CONSTANT_DIFFERS:
        same(constant.values, zero.values)
        assert constant.undefined == zero.undefined


@every
def test_a_map_that_is_not_finite_is_refused(name: str) -> None:
    method = Answers(lambda query: torch.full_like(query.inputs, torch.nan))
    with pytest.raises(BadExplanation, match="relevance is not finite for the samples at positions"):
        small(name).score(opened(method))


@pytest.mark.parametrize("name", [name for name in names() if name not in NO_MAP and name != "completeness"])
def test_a_map_that_is_not_finite_is_refused_when_it_is_asked_again(name: str) -> None:
    original = opened(judged(name))

    def spoilt(query: Query) -> Tensor:
        before = query.inputs.shape == images().shape and torch.equal(query.inputs, images())
        known = before and query.model.digest == original.model.digest and torch.equal(query.targets, original.targets)
        return query.inputs.clone() if known else torch.full_like(query.inputs, torch.inf)

    case = opened(Answers(spoilt))
    if name in ASKS_ONCE:
        small(name).score(case)
    else:
        with pytest.raises(BadExplanation, match="relevance is not finite"):
            small(name).score(case)


@every
def test_nothing_is_left_behind(name: str) -> None:
    """Model, inputs and global generators are what they were; scores are float64."""

    def state(case: Any) -> list[object]:
        hooks = [len(m._forward_hooks) + len(m._forward_pre_hooks) + len(m._backward_hooks) for m in module.modules()]
        drawn = [torch.get_rng_state().tolist(), random.getstate(), str(np.random.get_state())]  # noqa: NPY002
        return [*drawn, hooks, case.model.digest, tensors_digest({"inputs": case.inputs})]

    case = opened(judged(name))
    module = case.model.module
    before = state(case)
    scores = small(name).score(case)
    assert state(case) == before
    assert not any(parameter.requires_grad for parameter in module.parameters())
    assert scores.values.dtype == F64
