"""DeepSHAP and expected gradients: expectations over a background of training samples."""

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from math import comb
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from whybench.errors import BadParameter, Unsupported
from whybench.methods.attribution import DeepLift, DeepShap, ExpectedGradients, IntegratedGradients
from whybench.protocols import AttributionMethod, Query, Training
from whybench.streams import Streams

TARGETS = torch.tensor([0, 1, 1, 0, 1])
BOTH = [DeepShap(background=3), ExpectedGradients(samples=4)]


@pytest.fixture
def training(images: Tensor) -> Tensor:
    return torch.randn(7, *images.shape[1:], generator=torch.Generator().manual_seed(6), dtype=torch.float64)


def test_deep_shap_is_the_mean_of_deep_lift_over_the_background(
    cnn: nn.Module, images: Tensor, training: Tensor
) -> None:
    for count, seed in ((7, 0), (50, 0), (3, 0), (3, 1)):
        chosen = Training(training, torch.zeros(7, dtype=torch.int64)).background(count, Streams(seed))
        expected = torch.stack([DeepLift().attribute(cnn, images, TARGETS, baseline=b) for b in chosen]).mean(0)
        found = DeepShap(background=count).attribute(cnn, images, TARGETS, training=training, seed=seed)
        torch.testing.assert_close(found, expected, atol=1e-12, rtol=0)


def test_deep_shap_is_efficient(cnn: nn.Module, images: Tensor, training: Tensor) -> None:
    found = DeepShap().attribute(cnn, images, TARGETS, training=training)
    with torch.no_grad():
        mean = cnn(training).mean(0)
        change = cnn(images)[torch.arange(5), TARGETS] - mean[TARGETS]
    torch.testing.assert_close(found.flatten(1).sum(1), change, atol=1e-10, rtol=0)


def shapley(f: Callable[[Tensor], Tensor], x: Tensor, background: Tensor) -> Tensor:
    """Brute force over all coalitions, absent features taken from the background; (columns,)."""
    d = len(x)

    def value(coalition: tuple[int, ...]) -> Tensor:
        rows = background.clone()
        rows[:, list(coalition)] = x[list(coalition)]
        return f(rows).mean()

    phi = torch.zeros(d, dtype=torch.float64)
    for i in range(d):
        others = [j for j in range(d) if j != i]
        for size in range(d):
            for coalition in combinations(others, size):
                phi[i] += (value((*coalition, i)) - value(coalition)) / (d * comb(d - 1, size))
    return phi


def test_both_are_shapley_values_of_an_affine_model(linear: nn.Linear, table: Tensor) -> None:
    background = torch.randn(6, 4, generator=torch.Generator().manual_seed(8), dtype=torch.float64)
    deep = DeepShap().attribute(linear, table, TARGETS, training=background)
    with torch.no_grad():
        for i, target in enumerate(TARGETS.tolist()):
            expected = shapley(lambda rows, c=target: linear(rows)[:, c], table[i], background)
            torch.testing.assert_close(deep[i], expected, atol=1e-12, rtol=0)
            one = ExpectedGradients(samples=3).attribute(linear, table[i : i + 1], target, training=background[:1])
            expected = shapley(lambda rows, c=target: linear(rows)[:, c], table[i], background[:1])
            torch.testing.assert_close(one[0], expected, atol=1e-12, rtol=0)


def test_deep_shap_is_no_shapley_value_of_an_interaction() -> None:
    """max(a, b) = b + relu(a - b) at (3, 1) against 0: Shapley gives (2.5, 0.5), Rescale all to the winner."""

    class Largest(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x[:, 1:] + (x[:, :1] - x[:, 1:]).relu()

    x, nothing = torch.tensor([[3.0, 1.0]], dtype=torch.float64), torch.zeros(1, 2, dtype=torch.float64)
    assert DeepShap().attribute(Largest(), x, training=nothing).tolist() == [[3.0, 0.0]]
    exact = shapley(lambda rows: Largest()(rows)[:, 0], x[0], nothing)
    torch.testing.assert_close(exact, torch.tensor([2.5, 0.5], dtype=torch.float64), atol=1e-12, rtol=0)


def expected_gradients(
    module: nn.Module, inputs: Tensor, training: Tensor, samples: int, ids: list[str], seed: int = 0
) -> Tensor:
    """One draw at a time."""
    rows = []
    for name, x, target in zip(ids, inputs, TARGETS, strict=True):
        total = torch.zeros_like(x)
        for k in range(samples):
            which, position = Streams(seed).uniform("expected_gradients", name, k, (2,)).tolist()
            base = training[int(which * len(training))]
            point = (base + position * (x - base))[None].requires_grad_()
            total += (x - base) * torch.autograd.grad(module(point)[0, target], point)[0][0]
        rows.append(total / samples)
    return torch.stack(rows)


@pytest.mark.parametrize("rows", [3, 64])
def test_expected_gradients_draw_by_draw(rows: int, smooth: nn.Module, images: Tensor, training: Tensor) -> None:
    ids = ["ant", "bee", "cat", "dog", "elk"]
    found = ExpectedGradients(samples=6).attribute(
        smooth, images, TARGETS, ids=ids, training=training, seed=2, batch_size=rows
    )
    expected = expected_gradients(smooth, images, training, 6, ids, seed=2)
    torch.testing.assert_close(found, expected, atol=1e-12, rtol=0)


def test_expected_gradients_of_one_training_sample_are_integrated_gradients_in_expectation(linear: nn.Linear) -> None:
    """f = sum of squares: R_i = (x_i - b_i) mean_k 2 (b_i + a_k (x_i - b_i)), which is the integral at mean a = 1/2."""

    class Squares(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.square().sum(1, keepdim=True)

    x, base = torch.tensor([[3.0, -1.0]]).double(), torch.tensor([[1.0, 2.0]]).double()
    found = ExpectedGradients(samples=40).attribute(Squares(), x, training=base)
    positions = torch.stack([Streams(0).uniform("expected_gradients", "0", k, (2,))[1] for k in range(40)])
    exact = IntegratedGradients(steps=2).attribute(Squares(), x, baseline=base[0])
    off = 2 * (x - base).square() * (positions.mean() - 0.5)
    torch.testing.assert_close(found, exact + off, atol=1e-12, rtol=0)


def test_expected_gradients_see_every_training_sample_equally_often() -> None:
    draws = torch.tensor([Streams(0).uniform("expected_gradients", "0", k, (2,))[0].item() for k in range(600)])
    counts = torch.bincount((draws * 6).long(), minlength=6)
    assert ((counts - 100).square() / 100).sum() < 20.5  # chi-squared with 5 degrees of freedom, p = 0.001


@pytest.mark.parametrize("method", BOTH, ids=lambda m: m.name)
def test_company_order_and_seed(method: AttributionMethod, cnn: nn.Module, images: Tensor, training: Tensor) -> None:
    ids = ["ant", "bee", "cat", "dog", "elk"]

    def ask(order: list[int], **options: Any) -> Tensor:
        names = [ids[i] for i in order]
        return method.attribute(cnn, images[order], TARGETS[order], ids=names, training=training, **options)

    whole = ask([0, 1, 2, 3, 4])
    torch.testing.assert_close(ask([3, 1, 4], batch_size=2), whole[[3, 1, 4]], atol=1e-12, rtol=0)
    torch.testing.assert_close(ask([2], batch_size=1), whole[[2]], atol=1e-12, rtol=0)
    assert torch.equal(ask([0, 1, 2, 3, 4]), whole)
    assert not torch.equal(ask([0, 1, 2, 3, 4], seed=1), whole)


def test_full_batches(cnn: nn.Module, images: Tensor, training: Tensor, open_query: Any, passes_of: Any) -> None:
    """5 samples x 3 references or draws in packs of 8; DeepSHAP runs each pack at the references too."""
    query: Query = open_query(cnn, images, TARGETS, rows=8)
    learned = Training(training, torch.zeros(7, dtype=torch.int64))
    query = replace(query, model=replace(query.model, training=learned))
    deep = passes_of(DeepShap(background=3), query)
    assert (deep.forward, deep.backward) == ([8, 8, 7, 7], [8, 7])
    drawn = passes_of(ExpectedGradients(samples=3), query)
    assert (drawn.forward, drawn.backward) == ([8, 7], [8, 7])


@pytest.mark.parametrize("method", BOTH, ids=lambda m: m.name)
def test_without_training_data_they_are_unsupported(method: AttributionMethod, cnn: nn.Module, images: Tensor) -> None:
    with pytest.raises(Unsupported, match=f"{method.name} needs training"):
        method.attribute(cnn, images, TARGETS)


def test_bad_parameters() -> None:
    with pytest.raises(BadParameter, match="deep_shap: background=0; a whole number >= 1 is needed"):
        DeepShap(background=0)
    with pytest.raises(BadParameter, match=r"expected_gradients: samples=2\.5; a whole number >= 1 is needed"):
        ExpectedGradients(samples=2.5)  # type: ignore[arg-type]
