"""FIDO: smallest sufficient and smallest destroying regions."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from whybench.domains import ImageDomain, TabularDomain
from whybench.errors import BadParameter, Unsupported
from whybench.methods.attribution import FidoSDR, FidoSSR, fido
from whybench.methods.attribution.masks import descent
from whybench.methods.attribution.masks.scores import scores
from whybench.streams import Streams

BOTH = [FidoSSR, FidoSDR]


def bilinear(cells, height, width):
    """Pixel by pixel, a cell's value at its centre, constant beyond the outermost centres."""
    rows = []
    for y in range(height):
        line = []
        for x in range(width):
            v, u = ((k + 0.5) * c / s - 0.5 for k, c, s in ((y, len(cells), height), (x, len(cells[0]), width)))
            v, u = min(max(v, 0), len(cells) - 1), min(max(u, 0), len(cells[0]) - 1)
            top, left = min(int(v), len(cells) - 2), min(int(u), len(cells[0]) - 2)
            a, b = v - top, u - left
            line.append(
                (1 - a) * ((1 - b) * cells[top][left] + b * cells[top][left + 1])
                + a * ((1 - b) * cells[top + 1][left] + b * cells[top + 1][left + 1])
            )
        rows.append(torch.stack(line))
    return torch.stack(rows)


def slow_loss(method, module, image, target, fill, theta, noise, t):
    """The objective of one sample, one draw and one pixel at a time."""
    height, width = image.shape[1:]
    p = bilinear([[1 / (1 + torch.exp(-v)) for v in row] for row in theta], height, width)
    total = 0.0
    for draw in noise:
        hidden = image.clone()
        for y in range(height):
            for x in range(width):
                odds = torch.log(p[y, x] / (1 - p[y, x])) + math.log(draw[y, x] / (1 - draw[y, x]))
                z = 1 / (1 + torch.exp(-odds / method.temperature))
                hidden[:, y, x] = z * image[:, y, x] + (1 - z) * fill[:, y, x]
        chances = module(hidden[None])[0].softmax(0)
        against = sum(chance for c, chance in enumerate(chances) if c != target)  # 1 - p would lose what is left of it
        s = torch.log(chances[target]) - torch.log(against)
        total = total + (-s if method.sufficient else s) / len(noise)
    keep = theta.sigmoid()
    share = (keep if method.sufficient else 1 - keep).sum() / keep.numel()
    rough = ((keep[1:] - keep[:-1]) ** 2).mean() + ((keep[:, 1:] - keep[:, :-1]) ** 2).mean()
    return total + min(1, t / method.warm_up) * (method.weight * share + method.variation * rough)


def slow_fido(method, module, image, target, fill, noise):
    """All iterations, with Adam written out."""
    theta = torch.zeros(4, 3, dtype=torch.float64, requires_grad=True)
    mean, square = torch.zeros_like(theta), torch.zeros_like(theta)
    for t in range(method.iterations):
        loss = slow_loss(method, module, image, target, fill, theta, noise[t], t)
        (slope,) = torch.autograd.grad(loss, theta)
        mean, square = 0.9 * mean + 0.1 * slope, 0.999 * square + 0.001 * slope**2
        step = (mean / (1 - 0.9 ** (t + 1))) / ((square / (1 - 0.999 ** (t + 1))).sqrt() + 1e-8)
        theta = (theta - method.rate * step).detach().requires_grad_()
    keep = bilinear(theta.detach().sigmoid(), *image.shape[1:])
    return keep if method.sufficient else 1 - keep


@pytest.mark.parametrize("kind", BOTH)
def test_equals_the_definition(kind, cnn, images, targets):
    method = kind(infill="zero", iterations=3, draws=2, warm_up=2, variation=0.7, cells=3, temperature=0.4)
    ours = method.attribute(cnn, images, targets, ids=list("abcde"), batch_size=3, seed=5)
    for i, sample in ((0, "a"), (4, "e")):
        noise = [Streams(5).uniform("fido", sample, t, (2, 8, 6)) for t in range(3)]
        expected = slow_fido(method, cnn, images[i], targets[i], torch.zeros_like(images[i]), noise)
        assert (ours[i, 0] - expected).abs().max() <= 1e-12


@pytest.mark.parametrize("kind", BOTH)
def test_loss_and_gradient_at_given_probabilities(kind, cnn, images, targets, open_query):
    method = kind(infill="zero", draws=2, warm_up=2, variation=0.3, temperature=0.5)
    asked = open_query(cnn, images, targets, rows=3)
    theta = torch.randn(5, 4, 3, generator=torch.Generator().manual_seed(7), dtype=torch.float64).requires_grad_()
    noise = torch.rand(5, 2, 8, 6, generator=torch.Generator().manual_seed(8), dtype=torch.float64)
    perturbed = fido.Fade(asked, asked.infill("zero"))
    ours = descent.gradient(
        asked, theta, method.loss(asked, perturbed, noise), lambda v: method.penalty(v, 1), method.draws
    )
    for i in range(5):
        one = theta[i].detach().requires_grad_()
        loss = slow_loss(method, cnn, images[i], targets[i], torch.zeros_like(images[i]), one, noise[i], 1)
        (expected,) = torch.autograd.grad(loss, one)
        assert (ours[i] - expected).abs().max() <= 1e-11


class Additive(nn.Module):
    """Log-odds of class 0: a weighted sum of the pixels."""

    def __init__(self, weight):
        super().__init__()
        self.weight = nn.Parameter(weight)

    def forward(self, x):
        odds = (x * self.weight).flatten(1).sum(1)
        return torch.stack([odds, torch.zeros_like(odds)], 1)


@pytest.mark.parametrize("kind", BOTH)
def test_on_additive_log_odds_every_pixel_is_kept_or_dropped_by_its_own_price(kind):
    """E[-s] + price * p is (price - c) E[z] for each pixel by itself: it is kept, or hidden, just where c > price."""
    worth = torch.tensor([[[-3.0, 7, 1, 9], [8, 2, 6, -1], [0, 12, 10, 1]]], dtype=torch.float64)
    method = kind(infill="zero", weight=12 * 4.0, iterations=150, warm_up=0)
    relevance = method.attribute(Additive(worth), torch.ones(1, 1, 3, 4, dtype=torch.float64), 0)[0]
    assert torch.equal(relevance > 0.5, worth > 4)
    assert ((relevance - 0.5).abs() > 0.3).all()


class Patch(nn.Module):
    """Class 1 where the pixels of a patch are bright; no other pixel matters."""

    rows, columns = slice(4, 10), slice(6, 14)

    def forward(self, x):
        odds = 24 * x[:, 0, self.rows, self.columns].relu().mean((1, 2)) - 10
        return torch.stack([-odds / 2, odds / 2], 1)

    def mask(self):
        mask = torch.zeros(16, 16, dtype=torch.bool)
        mask[self.rows, self.columns] = True
        return mask


def overlap(found, planted):
    return ((found & planted).sum() / (found | planted).sum()).item()


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize(("cells", "weight"), [(8, 50.0), (None, 50.0)])
def test_a_planted_patch_is_found(kind, cells, weight):
    noise = torch.rand(2, 1, 16, 16, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    images = 0.8 + 0.2 * noise
    method = kind(infill="zero", cells=cells, weight=weight, iterations=120, draws=4)
    relevance = method.attribute(Patch(), images, 1)
    for one in relevance:
        assert overlap(one[0] > 0.5, Patch().mask()) >= 0.8


def test_log_probability_in_place_of_log_odds_saturates(monkeypatch):
    """Six pixels of evidence, each worth far more than its price; of log p one is as good as all."""
    worth = torch.tensor([[[8.0, 8, 8], [8, 8, 8], [0, 0, 0]]], dtype=torch.float64)
    method, image = FidoSSR(infill="zero", weight=9.0, iterations=150), torch.ones(1, 1, 3, 3, dtype=torch.float64)
    assert torch.equal(method.attribute(Additive(worth), image, 0)[0] > 0.5, worth > 0)
    monkeypatch.setattr(fido, "scores", lambda q, rows, sample, _: scores(q, rows, sample, "log_probability"))
    assert (method.attribute(Additive(worth), image, 0)[0] > 0.5).sum() < 6


@pytest.mark.parametrize("kind", BOTH)
def test_relevance_is_high_where_the_evidence_is(kind):
    """Were the sign of either map the other way round, the empty pixels would lead."""
    worth = torch.tensor([[[9.0, 0, 0], [0, 0, 0], [0, 0, -9.0]]], dtype=torch.float64)
    image = torch.ones(1, 1, 3, 3, dtype=torch.float64)
    for target, best in ((0, 0), (1, 8)):
        relevance = kind(infill="zero", iterations=60).attribute(Additive(worth), image, target)
        assert relevance.flatten().argmax() == best


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("rows", [1, 3])
def test_batches_and_order_do_not_matter(kind, rows, cnn, images, targets):
    method, ids = kind(iterations=12, draws=3, cells=4), list("abcde")
    whole = method.attribute(cnn, images, targets, ids=ids)
    assert (method.attribute(cnn, images, targets, ids=ids, batch_size=rows) - whole).abs().max() <= 1e-12
    order = torch.tensor([3, 1, 4, 0, 2])
    moved = method.attribute(cnn, images[order], targets[order], ids=[ids[i] for i in order])
    assert (moved - whole[order]).abs().max() <= 1e-12
    alone = method.attribute(cnn, images[2:3], targets[2:3], ids=["c"])
    assert (alone - whole[2:3]).abs().max() <= 1e-12


def test_an_optimiser_that_remembers_the_last_batch_would_be_seen(monkeypatch, cnn, images, targets):
    method, adam, kept = FidoSSR(iterations=5, draws=2), torch.optim.Adam, []

    def sharing(parameters, rate):
        new = adam(parameters, rate)
        if kept and kept[-1].state:
            new.state[parameters[0]] = next(iter(kept[-1].state.values()))
        kept.append(new)
        return new

    first, second = (method.attribute(cnn, images[:2], targets[:2]) for _ in range(2))
    assert torch.equal(first, second)
    monkeypatch.setattr(torch.optim, "Adam", sharing)
    first, second = (method.attribute(cnn, images[:2], targets[:2]) for _ in range(2))
    assert not torch.equal(first, second)


@pytest.mark.parametrize("infill", ["zero", "mean", "blur", "local", "uniform", "noisy_linear"])
def test_every_infill_of_images_will_do(infill, cnn, images, targets):
    domain = ImageDomain(low=-3.0, high=3.0, mean=0.2)
    relevance = FidoSSR(infill, iterations=3, draws=2).attribute(cnn, images, targets, domain=domain)
    assert relevance.shape == (5, 1, 8, 6)
    assert ((relevance > 0) & (relevance < 1)).all()


def test_the_infill_sees_the_rounded_coins_and_gets_no_gradient(cnn, images, targets, open_query):
    seen = []

    class Watched:
        def imputed(self, kept, sample):
            seen.append((kept, sample, torch.is_grad_enabled()))
            return torch.zeros_like(images[sample])

    asked = open_query(cnn, images, targets)
    coins = torch.rand(2, 8, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1)).requires_grad_()
    sample = torch.tensor([4, 1])
    rows = fido.Fade(asked, Watched())(coins, sample)
    assert (rows - coins.detach()[:, None] * images[sample]).abs().max() <= 1e-15
    assert torch.equal(seen[0][0], coins > 0.5)
    assert torch.equal(seen[0][1], sample)
    assert not seen[0][2]


def test_noise_is_named_by_sample_and_iteration_and_shared_by_both(cnn, images, targets, open_query):
    asked = open_query(cnn, images[:1], targets[:1], seed=3)
    first = FidoSSR(draws=2)._noise(asked, 4)
    assert torch.equal(first, FidoSDR(draws=2)._noise(asked, 4))
    assert torch.equal(first[0], Streams(3).uniform("fido", "0", 4, (2, 8, 6)))


@pytest.mark.parametrize("kind", BOTH)
def test_tables(kind, table, targets):
    worth = torch.tensor([6.0, 0.5, -4.0, 3.0], dtype=torch.float64)
    domain = TabularDomain(mean=torch.zeros(4, dtype=torch.float64))
    relevance = kind(weight=8.0, iterations=100).attribute(Additive(worth), table.abs() * 0 + 1, 0, domain=domain)
    assert relevance.shape == table.shape
    assert torch.equal(relevance > 0.5, (worth > 2).expand(5, 4))
    with pytest.raises(BadParameter, match="cells=2 for tabular inputs; their masks have one cell a column"):
        kind(cells=2).attribute(Additive(worth), table, 0)


def test_passes_are_iterations_times_draws_in_full_batches(cnn, images, targets, passes_of, open_query):
    passes = passes_of(FidoSSR(iterations=2, draws=3), open_query(cnn, images, targets, rows=4))
    assert passes.forward == passes.backward == [4, 4, 4, 3] * 2


class InPlace(nn.Module):
    """Writes into its input, and over its activations."""

    def __init__(self, net, inplace):
        super().__init__()
        self.net, self.inplace = net, inplace

    def forward(self, x):
        x = x.mul_(1.5) if self.inplace else x * 1.5
        return self.net[6](
            F.relu(self.net[3](F.relu(self.net[0](x), self.inplace)), self.inplace)[..., ::2, ::2].flatten(1)
        )


@pytest.mark.parametrize("kind", BOTH)
def test_models_that_write_in_place(kind, cnn, images, targets):
    asked, method = (images, targets), kind(infill="zero", iterations=3, draws=2)
    expected = method.attribute(InPlace(cnn, False), *asked)
    assert torch.equal(method.attribute(InPlace(cnn, True), *asked), expected)


def test_works_under_inference_mode(cnn, images, targets):
    method = FidoSSR(infill="blur", iterations=2, draws=2)
    expected = method.attribute(cnn, images, targets)
    with torch.inference_mode():
        assert torch.equal(method.attribute(cnn, images * 1.0, targets), expected)


def test_models_that_it_cannot_explain(table, images):
    with pytest.raises(Unsupported, match="needs classes"):
        FidoSSR().attribute(nn.Linear(4, 1, dtype=torch.float64), table)
    with pytest.raises(Unsupported, match="has no gradient with respect to its inputs"):
        FidoSSR().attribute(Cut(), images)


class Cut(nn.Module):
    def forward(self, x):
        return x.detach().flatten(1)[:, :3]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"iterations": 0}, "fido_ssr: iterations=0; a whole number >= 1"),
        ({"draws": 1.5}, "fido_ssr: draws=1.5"),
        ({"warm_up": -1}, "fido_ssr: warm_up=-1; a whole number >= 0"),
        ({"temperature": 0.0}, "fido_ssr: temperature=0.0; a finite number > 0"),
        ({"weight": math.nan}, "fido_ssr: weight=nan; a finite number >= 0"),
        ({"cells": 0}, "fido_ssr: cells=0"),
    ],
)
def test_bad_parameters(parameters, message):
    with pytest.raises(BadParameter, match=message):
        FidoSSR(**parameters)


def test_more_cells_than_pixels_are_refused(cnn, images):
    with pytest.raises(BadParameter, match="cells=7 along a side of 6 pixels"):
        FidoSSR(cells=7).attribute(cnn, images)
