"""LIME."""

import numpy as np
import pytest
import torch
from captum.attr import Lime as CaptumLime
from set_functions import SetFunction, everyone, members, noise
from sklearn.linear_model import Ridge
from sklearn.metrics import pairwise_distances
from torch import nn

from whybench.domains import ImageDomain
from whybench.errors import BadParameter
from whybench.methods.attribution import Lime

WORTH = torch.tensor([1.5, -2.0, 0.5, 0.0, 3.0], dtype=torch.float64)


def surrogate(z, values, metric, width, ridge):
    """As the authors' library does it, by scikit-learn."""
    distance = pairwise_distances(z, np.ones((1, z.shape[1])), metric=metric).ravel()
    weight = np.sqrt(np.exp(-(distance**2) / width**2))
    return Ridge(alpha=ridge, fit_intercept=True).fit(z, values, sample_weight=weight).coef_


def test_recovers_an_additive_model_where_captum_shrinks_it():
    net, x = SetFunction(0.7 + members(5) @ WORTH), everyone(5)
    assert (Lime(samples=50).attribute(net, x)[0] - WORTH).abs().max() <= 1e-12
    torch.manual_seed(0)
    shrunk = CaptumLime(net).attribute(x, n_samples=2000, perturbations_per_eval=200)[0]
    assert shrunk[0].item() == pytest.approx(1.45, abs=0.03)


@pytest.mark.parametrize("ridge", [0.5, 1.0])
def test_tables_equal_the_authors_regression(ridge, open_query):
    net, method = SetFunction(noise(7)), Lime(samples=60, ridge=ridge)
    asked = open_query(net, everyone(7, 3), torch.zeros(3).long())
    ours = method.relevance(asked)
    for i in range(3):
        z = method._draws(asked, asked.ids[i], 7).double()
        assert (z[0] == 1).all()
        theirs = surrogate(z.numpy(), net(z).numpy(), "euclidean", 0.75 * 7**0.5, ridge)
        assert np.abs(ours[i].numpy() - theirs).max() <= 1e-12


@pytest.mark.parametrize(("width", "ridge"), [(None, 1.0), (None, 1e-9), (0.6, 1.0)])
def test_images_equal_the_authors_regression(width, ridge, cnn, images, targets, open_query):
    method = Lime(samples=70, region=2, kernel_width=width, ridge=ridge)
    asked = open_query(cnn, images, targets)
    ours = method.relevance(asked)
    regions = ImageDomain().regions(images.shape, 2)
    for i in range(5):
        z = method._draws(asked, asked.ids[i], 12)
        kept = regions.mask(z)[:, None]
        values = cnn(images[i] * kept)[:, targets[i]].detach()
        theirs = surrogate(z.double().numpy(), values.numpy(), "cosine", width or 0.25, ridge)
        whole = torch.bincount(regions.index.flatten(), ours[i].sum(0).flatten())
        assert np.abs(whole.numpy() - theirs).max() <= (1e-11 if ridge == 1.0 else 1e-6)


def test_equals_the_authors_library(open_query):
    base = pytest.importorskip("lime.lime_base")
    net, method = SetFunction(noise(6)), Lime(samples=80, ridge=1.0)
    asked = open_query(net, everyone(6), torch.zeros(1).long())
    z = method._draws(asked, asked.ids[0], 6).double()
    distance = (1 - z).sum(1).sqrt().numpy()
    explainer = base.LimeBase(lambda d: np.sqrt(np.exp(-(d**2) / (0.75**2 * 6))), random_state=0)
    found = explainer.explain_instance_with_data(z.numpy(), net(z).numpy()[:, None], distance, 0, 6, "none")[1]
    theirs = torch.tensor([weight for _, weight in sorted(found)], dtype=torch.float64)
    assert (method.relevance(asked)[0] - theirs).abs().max() <= 1e-9


def test_no_penalty_is_the_limit_of_small_ones(cnn, images, targets):
    without = Lime(samples=70, region=2).attribute(cnn, images, targets)
    small = Lime(samples=70, region=2, ridge=1e-7).attribute(cnn, images, targets)
    assert (without - small).abs().max() <= 1e-6 * without.abs().max()


def test_no_output_is_too_flat_for_it():
    net = SetFunction(1e-6 * (members(5) @ WORTH))
    assert (Lime(samples=50).attribute(net, everyone(5))[0] - 1e-6 * WORTH).abs().max() <= 1e-18
    torch.manual_seed(0)
    assert (CaptumLime(net).attribute(everyone(5)) == 0).all()  # its penalty is absolute


def test_a_player_that_does_not_matter_gets_nothing_and_the_rest_is_shared_by_pixels(images, open_query):
    class Corner(nn.Module):
        def forward(self, x):
            return x[:, :, :3, :3].sum((1, 2, 3))[:, None]

    ours = Lime(samples=70, region=3).attribute(Corner(), images)
    expected = torch.zeros_like(images)
    expected[:, :, :3, :3] = images[:, :, :3, :3].mean((1, 2, 3), keepdim=True)
    assert (ours - expected).abs().max() <= 1e-12


def test_equal_draws_are_asked_once(linear, table, targets, passes_of, open_query):
    passes = passes_of(Lime(samples=500), open_query(linear, table, targets, rows=16))
    assert passes.forward == [16] * 5
    assert passes.backward == []


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"samples": 1}, "samples=1"),
        ({"kernel_width": 0.0}, r"kernel_width=0\.0"),
        ({"kernel_width": float("nan")}, "kernel_width=nan"),
        ({"ridge": -1.0}, r"ridge=-1\.0"),
        ({"players": "cells"}, "players='cells'"),
    ],
)
def test_bad_parameters(parameters, message):
    with pytest.raises(BadParameter, match=message):
        Lime(**parameters)


def test_too_few_samples_are_refused(linear, table):
    with pytest.raises(BadParameter, match="samples=4 are too few for 4 players; at least 5"):
        Lime(samples=4).attribute(linear, table)
