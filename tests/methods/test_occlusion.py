"""Occlusion."""

from itertools import product

import pytest
import torch
from captum.attr import Occlusion as CaptumOcclusion
from torch import nn

from whybench.domains import ImageDomain
from whybench.errors import BadParameter
from whybench.methods.attribution import Occlusion
from whybench.passes import Passes


def occlude(module, inputs, targets, window, stride, fill):
    """Straight from the definition, one window of one sample at a time."""
    grid = inputs.shape[2:]
    starts = [[k * stride for k in range(-(-(size - window) // stride) + 1)] for size in grid]
    relevance = torch.zeros_like(inputs)
    for i, x in enumerate(inputs):
        falls = [[[] for _ in range(grid[1])] for _ in range(grid[0])]
        for top, left in product(*starts):
            hidden = x.clone()
            hidden[:, top : top + window, left : left + window] = fill
            fall = (module(x[None]) - module(hidden[None]))[0, targets[i]].item()
            for u in range(top, min(top + window, grid[0])):
                for v in range(left, min(left + window, grid[1])):
                    falls[u][v].append(fall)
        for u, v in product(range(grid[0]), range(grid[1])):
            relevance[i, :, u, v] = sum(falls[u][v]) / len(falls[u][v])
    return relevance


@pytest.mark.usefixtures("captum_in_float64")
@pytest.mark.parametrize(("window", "stride"), [(1, 1), (2, 2), (3, 3), (3, 2), (4, 1), (5, 3), (6, 6)])
def test_equals_captum_overlapping_windows_and_uneven_borders_included(window, stride, cnn, images, targets):
    ours = Occlusion(window, stride).attribute(cnn, images, targets, batch_size=7)
    theirs = CaptumOcclusion(cnn).attribute(
        images, (2, window, window), strides=(2, stride, stride), target=targets, baselines=0.0
    )
    assert ours.shape == images.shape
    assert (ours - theirs).abs().max() <= 1e-12


@pytest.mark.parametrize(("window", "stride"), [(3, 2), (5, 5)])
def test_equals_the_definition(window, stride, cnn, images, targets):
    ours = Occlusion(window, stride).attribute(cnn, images, targets, baseline=0.4)
    assert (ours - occlude(cnn, images, targets, window, stride, 0.4)).abs().max() <= 1e-12


@pytest.mark.usefixtures("captum_in_float64")
@pytest.mark.parametrize(("window", "stride"), [(1, 1), (2, 1), (3, 2)])
def test_equals_captum_on_tables(window, stride, table, targets):
    net = nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 2)).double()
    ours = Occlusion(window, stride).attribute(net, table, targets)
    theirs = CaptumOcclusion(net).attribute(table, (window,), strides=(stride,), target=targets, baselines=0.0)
    assert (ours - theirs).abs().max() <= 1e-12


def test_linear_model(linear, table, targets):
    weight = linear.weight.detach()[targets]
    assert (Occlusion().attribute(linear, table, targets, baseline=0.5) - weight * (table - 0.5)).abs().max() <= 1e-14


def test_linear_model_of_pixels(images, targets):
    net = nn.Sequential(nn.Flatten(), nn.Linear(96, 2, dtype=torch.float64))
    ours = Occlusion(window=1).attribute(net, images, targets)
    weight = net[1].weight.detach()[targets].view(5, 2, 8, 6)
    assert (ours - (weight * images).sum(1, keepdim=True)).abs().max() <= 1e-14


def test_an_infill_is_a_baseline(cnn, images, targets):
    domain = ImageDomain(mean=0.3, baseline=5.0)
    by_name = Occlusion(2, baseline="mean").attribute(cnn, images, targets, domain=domain)
    assert torch.equal(by_name, Occlusion(2).attribute(cnn, images, targets, baseline=0.3))


def test_default_window_is_the_domains_region(targets):
    net = nn.Sequential(nn.Flatten(), nn.Linear(28 * 30, 2, dtype=torch.float64))
    image = torch.randn(1, 1, 28, 30, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    assert torch.equal(Occlusion().attribute(net, image, 0), Occlusion(2, 2).attribute(net, image, 0))


@pytest.mark.parametrize(("method", "windows"), [(Occlusion(2), 12), (Occlusion(3, 2), 12), (Occlusion(6), 2)])
def test_windows_and_one_clean_pass_a_sample_forward_only(method, windows, cnn, images, targets, passes_of, open_query):
    asked = open_query(cnn, images, targets, rows=8)
    passes = passes_of(method, asked)
    total = (windows + 1) * len(images)
    assert method.passes(asked) == Passes(total)
    assert passes.forward == [8] * (total // 8) + [total % 8] * (total % 8 > 0)
    assert passes.backward == []


def test_keeps_float64_where_captum_rounds_to_float32(cnn, images, targets):
    ours = Occlusion(3).attribute(cnn, images, targets)
    theirs = CaptumOcclusion(cnn).attribute(images, (2, 3, 3), strides=(2, 3, 3), target=targets, baselines=0.0)
    assert ours.dtype == torch.float64
    assert (ours - theirs).abs().max() <= 6e-8 * ours.abs().max()


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"window": 0}, "window=0"),
        ({"window": 1.5}, "window=1.5"),
        ({"stride": -1}, "stride=-1"),
        ({"window": 2, "stride": 3}, "stride=3 > window=2"),
    ],
)
def test_bad_parameters(parameters, message):
    with pytest.raises(BadParameter, match=message):
        Occlusion(**parameters)


def test_windows_that_do_not_fit(cnn, images):
    with pytest.raises(BadParameter, match=r"window=7 .* does not fit into \(8, 6\)"):
        Occlusion(7).attribute(cnn, images)
    with pytest.raises(BadParameter, match="window=1 with stride=2"):
        Occlusion(stride=2).attribute(cnn, images)


def test_single_features_are_held_to_the_definition():
    told = [method.closed_form for method in (Occlusion(), Occlusion(window=1), Occlusion(window=2))]
    assert told == ["occlusion", "occlusion", None]
