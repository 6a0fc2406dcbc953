"""Coalition values, players of any number, and occlusion of superpixels."""

import pytest
import torch
from captum.attr import FeatureAblation
from captum.attr import Occlusion as CaptumOcclusion
from torch import nn

from whybench.domains import ImageDomain, Players
from whybench.errors import BadParameter, Unsupported
from whybench.methods.attribution import Occlusion
from whybench.methods.attribution.coalitions import Game, different, nobody_and_all
from whybench.passes import Passes


@pytest.fixture
def pictures():
    """Three images of 36 x 40 pixels with 12, 9 or fewer superpixels."""
    images = torch.randn(3, 3, 36, 40, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    images[0] = torch.linspace(0, 1, 40, dtype=torch.float64)
    return images


@pytest.fixture
def net():
    torch_generator = torch.Generator().manual_seed(0)
    layers = nn.Sequential(nn.AvgPool2d(4), nn.Flatten(), nn.Linear(270, 6), nn.Tanh(), nn.Linear(6, 2)).double()
    for parameter in layers.parameters():
        parameter.data = torch.randn(parameter.shape, generator=torch_generator, dtype=torch.float64) / 4
    return layers


def test_values_of_ragged_games_are_those_asked_one_by_one(net, pictures, open_query, passes_of):
    index = torch.zeros(3, 36, 40, dtype=torch.int64)
    index[0, :, 20:], index[1, 10:, :], index[1, :, 30:] = 1, 1, 2
    asked = open_query(net, pictures, torch.tensor([0, 1, 1]), rows=4)
    game = Game(asked, Players(index), asked.infill("mean"))
    assert game.players.counts == (2, 3, 1)
    twice = [
        torch.tensor([[True, False], [False, True], [True, False]]),
        nobody_and_all(3).repeat(2, 1),
        nobody_and_all(1),
    ]
    values = game.values(twice)
    for i, (some, found) in enumerate(zip(twice, values, strict=True)):
        for kept, value in zip(some, found, strict=True):
            mean = asked.domain.like(asked.domain.mean, pictures)[i]
            row = torch.where(kept[index[i]], pictures[i], mean)
            assert (net(row[None])[0, asked.targets[i]] - value).abs() <= 1e-14
    assert values[0][0] == values[0][2]


def test_packs_run_over_from_sample_to_sample(net, pictures, open_query):
    asked = open_query(net, pictures, torch.tensor([0, 1, 1]), rows=4)
    game = Game(asked, asked.domain.players(pictures, "regions", 20), asked.infill())
    rows = []
    handle = net.register_forward_hook(lambda *io: rows.append(len(io[2])))
    game.values([nobody_and_all(4)[[0, 1, 0]], ~torch.eye(4, dtype=torch.bool), nobody_and_all(4)])
    handle.remove()
    assert rows == [4, 4]


@pytest.mark.parametrize("players", [1, 7, 8, 9, 64, 130])
def test_different_rows_are_found(players):
    some = torch.rand(60, players, generator=torch.Generator().manual_seed(0)) < 0.1
    rows, place = different(some)
    assert torch.equal(rows[place], some)
    assert len(rows) == len({tuple(row) for row in some.tolist()})


@pytest.mark.usefixtures("captum_in_float64")
def test_occluded_superpixels_equal_captums_feature_ablation(net, pictures):
    targets = torch.tensor([0, 1, 1])
    domain = ImageDomain(baseline=0.2)
    ours = Occlusion(regions="superpixels", segments=9).attribute(net, pictures, targets, domain=domain)
    players = domain.players(pictures, "superpixels", None, 9)
    assert len(set(players.counts)) > 1
    for i in range(3):
        theirs = FeatureAblation(net).attribute(
            pictures[i : i + 1], baselines=0.2, target=targets[i : i + 1], feature_mask=players.index[i][None, None]
        )
        assert (ours[i] - theirs[0]).abs().max() <= 1e-9
    assert ours.shape == pictures.shape


@pytest.mark.usefixtures("captum_in_float64")
def test_square_windows_stay_captums_occlusion(net, pictures):
    targets = torch.tensor([0, 1, 1])
    theirs = CaptumOcclusion(net).attribute(pictures, (3, 6, 6), strides=(3, 6, 6), target=targets, baselines=0.0)
    assert (Occlusion(6).attribute(net, pictures, targets) - theirs).abs().max() <= 1e-12


def test_occlusion_asks_a_superpixel_once(net, pictures, open_query, passes_of):
    asked = open_query(net, pictures, torch.tensor([0, 1, 1]), rows=8)
    method = Occlusion(regions="superpixels", segments=9)
    passes = passes_of(method, asked)
    counts = asked.domain.players(pictures, "superpixels", None, 9).counts
    assert method.passes(asked) == Passes(sum(counts) + 3)
    assert sum(passes.forward) == sum(counts) + 3
    assert set(passes.forward[:-1]) == {8}


def test_occlusion_of_superpixels_refuses_what_has_none(linear, table):
    with pytest.raises(Unsupported, match="tabular inputs have none"):
        Occlusion(regions="superpixels").attribute(linear, table)
    with pytest.raises(BadParameter, match="window=3, stride=None are of windows"):
        Occlusion(3, regions="superpixels")
    with pytest.raises(BadParameter, match="regions='squares'"):
        Occlusion(regions="squares")
    with pytest.raises(BadParameter, match="segments=1"):
        Occlusion(segments=1)
