"""Meaningful perturbation."""

import pytest
import torch
from torch import nn

from whybench.domains import ImageDomain, TabularDomain
from whybench.errors import BadParameter, Unsupported
from whybench.methods.attribution import MeaningfulPerturbation
from whybench.methods.attribution.masks import descent
from whybench.methods.attribution.masks.blending import Fade
from whybench.methods.attribution.meaningful_perturbation import shifts


def shifted_pixel(image, y, x, down, right):
    height, width = image.shape[1:]
    return image[:, min(max(y - down, 0), height - 1), min(max(x - right, 0), width - 1)]


def slow_loss(method, module, image, target, fill, mask, shift):
    """The objective of one sample at a mask of a cell a pixel, pixel by pixel and step by step."""
    height, width = image.shape[1:]
    rows = torch.stack(
        [
            torch.stack(
                [
                    mask[y, x] * shifted_pixel(image, y, x, *shift)
                    + (1 - mask[y, x]) * shifted_pixel(fill, y, x, *shift)
                    for x in range(width)
                ]
            )
            for y in range(height)
        ]
    ).permute(2, 0, 1)
    logits = module(rows[None])[0]
    chance = logits[target].exp() / logits.exp().sum()
    hidden = sum(1 - mask[y, x] for y in range(height) for x in range(width)) / (height * width)
    down = [(mask[y + 1, x] - mask[y, x]).abs() ** method.power for y in range(height - 1) for x in range(width)]
    across = [(mask[y, x + 1] - mask[y, x]).abs() ** method.power for y in range(height) for x in range(width - 1)]
    rough = sum(down) / len(down) + sum(across) / len(across)
    return chance + method.weight * hidden + method.variation * rough


def slow_descent(method, module, image, target, fill, mask):
    mean, square = torch.zeros_like(mask), torch.zeros_like(mask)
    order = shifts(method.jitter)
    for t in range(method.iterations):
        mask = mask.detach().requires_grad_()
        loss = slow_loss(method, module, image, target, fill, mask, order[t % len(order)])
        (slope,) = torch.autograd.grad(loss, mask)
        mean, square = 0.9 * mean + 0.1 * slope, 0.999 * square + 0.001 * slope**2
        step = (mean / (1 - 0.9 ** (t + 1))) / ((square / (1 - 0.999 ** (t + 1))).sqrt() + 1e-8)
        mask = (mask - method.rate * step).clamp(0, 1)
    return 1 - mask.detach()


@pytest.mark.parametrize("jitter", [0, 1])
def test_equals_the_definition(jitter, cnn, images, targets):
    method = MeaningfulPerturbation("mean", iterations=4, jitter=jitter, start="keep", power=2.0, weight=0.3)
    domain = ImageDomain(mean=0.3)
    ours = method.attribute(cnn, images, targets, domain=domain, batch_size=2)
    for i in range(2):
        fill = torch.full_like(images[i], 0.3)
        start = torch.ones(8, 6, dtype=torch.float64)
        wide = MeaningfulPerturbation("mean", cells=6, iterations=4, jitter=jitter, start="keep", power=2.0, weight=0.3)
        expected = slow_descent(wide, cnn, images[i], targets[i], fill, start)
        assert (ours[i, 0] - expected).abs().max() <= 1e-11
        assert expected.std() > 0


def test_loss_and_gradient_at_a_given_mask(cnn, images, targets, open_query):
    method = MeaningfulPerturbation("zero", power=3.0, weight=0.4, variation=0.9)
    asked = open_query(cnn, images, targets, rows=3)
    masks = torch.rand(5, 8, 6, generator=torch.Generator().manual_seed(3), dtype=torch.float64).requires_grad_()
    loss = method.loss(asked, Fade(asked, asked.infill("zero"), (1, -2)))
    every = torch.arange(5)
    value = loss(masks, every, every * 0) + method.penalty(masks, 0)
    slope = descent.gradient(asked, masks, loss, lambda m: method.penalty(m, 0), 1)
    for i in range(5):
        one = masks[i].detach().requires_grad_()
        expected = slow_loss(method, cnn, images[i], targets[i], torch.zeros_like(images[i]), one, (1, -2))
        assert (value[i] - expected).abs() <= 1e-13
        assert (slope[i] - torch.autograd.grad(expected, one)[0]).abs().max() <= 1e-13


def test_on_a_linear_model_every_column_is_hidden_or_kept_by_its_own_price(table):
    """Without variation the objective is linear in each m_i: hidden just where w_i (x_i - b_i) > weight / n."""
    linear = nn.Linear(4, 1, dtype=torch.float64)
    linear.weight.data = torch.tensor([[2.0, -1.0, 0.5, 3.0]], dtype=torch.float64)
    domain = TabularDomain(mean=torch.tensor([0.1, 0.2, -0.3, 0.0], dtype=torch.float64))
    relevance = MeaningfulPerturbation(weight=2.0, iterations=60).attribute(linear, table, domain=domain)
    worth = linear.weight.detach() * (table - domain.mean)
    assert torch.equal(relevance, (worth > 0.5).double())
    assert 0 < relevance.mean() < 1


def test_on_a_linear_model_of_pixels_too():
    net = nn.Sequential(nn.Flatten(), nn.Linear(24, 1, bias=False)).double()
    net[1].weight.data = torch.linspace(-2, 2, 24, dtype=torch.float64)[None]
    method = MeaningfulPerturbation("zero", weight=12.0, variation=0.0, iterations=80)
    relevance = method.attribute(net, torch.ones(1, 1, 4, 6, dtype=torch.float64))
    assert torch.equal(relevance.flatten(), (net[1].weight[0] > 0.5).double())


class Patch(nn.Module):
    """Class 1 where the pixels of a patch are bright; no other pixel matters."""

    rows, columns = slice(4, 10), slice(6, 14)

    def forward(self, x):
        odds = 24 * x[:, 0, self.rows, self.columns].relu().mean((1, 2)) - 10
        return torch.stack([-odds / 2, odds / 2], 1)


@pytest.mark.parametrize("cells", [8, None])
def test_a_planted_patch_is_found(cells):
    noise = torch.rand(2, 1, 16, 16, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    planted = torch.zeros(16, 16, dtype=torch.bool)
    planted[Patch.rows, Patch.columns] = True
    relevance = MeaningfulPerturbation("zero", cells=cells, iterations=150).attribute(Patch(), 0.8 + 0.2 * noise, 1)
    for found in relevance[:, 0] > 0.5:
        assert (found & planted).sum() / (found | planted).sum() >= 0.8


def test_the_complement_of_the_mask_is_shown(images):
    """Were the mask itself shown, the pixels that matter would be those with the lowest value."""
    net = nn.Sequential(nn.Flatten(), nn.Linear(96, 1, bias=False)).double()
    net[1].weight.data.zero_()[0, 5] = 4.0
    relevance = MeaningfulPerturbation("zero", start="keep").attribute(net, images.abs() + 1)
    assert (relevance.flatten(1).argmax(1) == 5).all()


def test_the_start_is_the_smallest_disc_that_loses_the_target():
    """Of 5 x 5 pixels the inner 3 x 3 matter: the disc of radius 1.5 of the half diagonal hides them."""

    class Middle(nn.Module):
        def forward(self, x):
            odds = 12 * x[:, 0, 1:4, 1:4].mean((1, 2)) - 2
            return torch.stack([odds, -odds], 1)

    started = MeaningfulPerturbation("zero", iterations=1, rate=1e-9).attribute(
        Middle(), torch.ones(1, 1, 5, 5, dtype=torch.float64), 0
    )[0, 0]
    disc = torch.zeros(5, 5, dtype=torch.float64)
    disc[1:4, 1:4] = 1
    assert (started - disc).abs().max() < 1e-8


@pytest.mark.parametrize("rows", [1, 3])
def test_batches_and_order_do_not_matter(rows, cnn, images, targets):
    method, ids = MeaningfulPerturbation("blur", iterations=30, jitter=1, cells=4), list("abcde")
    whole = method.attribute(cnn, images, targets, ids=ids)
    assert (method.attribute(cnn, images, targets, ids=ids, batch_size=rows) - whole).abs().max() <= 1e-12
    order = torch.tensor([3, 1, 4, 0, 2])
    moved = method.attribute(cnn, images[order], targets[order], ids=[ids[i] for i in order])
    assert (moved - whole[order]).abs().max() <= 1e-12


def test_it_draws_nothing(cnn, images, targets):
    method = MeaningfulPerturbation(iterations=5, jitter=2)
    assert torch.equal(*(method.attribute(cnn, images, targets, seed=seed) for seed in (0, 1)))


def test_default_jitter_is_a_quarter_of_a_region(open_query, targets):
    for side, pixels in ((8, 0), (28, 0), (224, 4)):
        asked = open_query(nn.Flatten(), torch.zeros(1, 1, side, side), targets[:1])
        assert MeaningfulPerturbation()._jitter(asked) == pixels


def test_passes(cnn, images, targets, passes_of, open_query):
    method = MeaningfulPerturbation(iterations=3, start="keep")
    passes = passes_of(method, open_query(cnn, images, targets, rows=2))
    assert passes.forward == passes.backward == [2, 2, 1] * 3
    with_disc = passes_of(MeaningfulPerturbation(iterations=3), open_query(cnn, images, targets, rows=5))
    assert with_disc.backward == [5] * 3
    assert sum(with_disc.forward) == 5 * (3 + 1 + 8)


def test_works_under_inference_mode(cnn, images, targets):
    method = MeaningfulPerturbation(iterations=3)
    expected = method.attribute(cnn, images, targets)
    with torch.inference_mode():
        assert torch.equal(method.attribute(cnn, images * 1.0, targets), expected)


def test_a_model_without_gradients_is_refused(images):
    class Cut(nn.Module):
        def forward(self, x):
            return x.detach().flatten(1)[:, :3]

    with pytest.raises(Unsupported, match="has no gradient with respect to its inputs"):
        MeaningfulPerturbation().attribute(Cut(), images)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"iterations": 0}, "iterations=0; a whole number >= 1"),
        ({"jitter": -1}, "jitter=-1; a whole number >= 0"),
        ({"cells": 0}, "cells=0; a whole number >= 1"),
        ({"power": 0.5}, "power=0.5; a finite number >= 1"),
        ({"rate": 0.0}, "rate=0.0; a finite number > 0"),
        ({"weight": -1.0}, "weight=-1.0"),
        ({"start": "middle"}, "start='middle'; allowed: disc, keep"),
        ({"score": "odds"}, "score='odds'; allowed: log_odds, log_probability, probability, logit"),
    ],
)
def test_bad_parameters(parameters, message):
    with pytest.raises(BadParameter, match=f"meaningful_perturbation: {message}"):
        MeaningfulPerturbation(**parameters)
