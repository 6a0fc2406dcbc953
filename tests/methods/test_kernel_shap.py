"""KernelSHAP."""

import numpy as np
import pytest
import torch
from captum.attr import KernelShap as CaptumKernelShap
from captum.attr import ShapleyValues
from set_functions import SetFunction, everyone, members, noise, shapley, unanimity
from torch import nn

from whybench.domains import ImageDomain
from whybench.errors import BadParameter
from whybench.methods.attribution import KernelShap, Lime


@pytest.mark.parametrize("players", [1, 2, 3, 5, 8, 10])
def test_all_coalitions_give_the_shapley_values(players):
    values = noise(players)
    ours = KernelShap().attribute(SetFunction(values), everyone(players))[0]
    assert (ours - shapley(values)).abs().max() <= 1e-12


@pytest.mark.parametrize("needed", [(0,), (1, 3), (0, 2, 4), (0, 1, 2, 3, 4, 5)])
def test_unanimity_is_shared_equally_and_the_others_get_nothing(needed):
    ours = KernelShap().attribute(SetFunction(unanimity(6, needed)), everyone(6))[0]
    expected = torch.zeros(6, dtype=torch.float64)
    expected[list(needed)] = 1 / len(needed)
    assert (ours - expected).abs().max() <= 1e-12


def test_equal_players_get_the_same():
    together = members(6)[:, [1, 4]].sum(1).long()  # only how many of players 1 and 4 are in matters
    rest = noise(4)[(members(6)[:, [0, 2, 3, 5]] @ (2.0 ** torch.arange(4)).double()).long()]
    values = rest * torch.tensor([1.0, -0.5, 3.0], dtype=torch.float64)[together]
    ours = KernelShap().attribute(SetFunction(values), everyone(6))[0]
    assert (ours[1] - ours[4]).abs() <= 1e-12
    assert ours[1].abs() > 0.1


@pytest.mark.parametrize("players", [6, 12])
def test_is_linear_in_the_game_also_when_sampled(players):
    one, two = noise(players, 1), noise(players, 2)
    method, x = KernelShap(samples=100), everyone(players)
    parts = 2 * method.attribute(SetFunction(one), x) - 3 * method.attribute(SetFunction(two), x)
    assert (method.attribute(SetFunction(2 * one - 3 * two), x) - parts).abs().max() <= 1e-12


@pytest.mark.parametrize("samples", [22, 60, 501, 4094])
def test_values_sum_to_the_gain_for_any_sample(samples):
    values = 100 * noise(12)
    ours = KernelShap(samples=samples).attribute(SetFunction(values), everyone(12))
    assert (ours.sum() - (values[-1] - values[0])).abs() <= 1e-12 * 100


def test_an_additive_game_is_exact_for_a_sample_of_full_rank():
    worth = torch.randn(12, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    ours = KernelShap(samples=64).attribute(SetFunction(4 + members(12) @ worth), everyone(12))[0]
    assert (ours - worth).abs().max() <= 1e-12


def test_sampled_values_solve_the_constrained_problem(open_query):
    values, x = noise(9), everyone(9, 3)
    method, asked = KernelShap(samples=80), open_query(SetFunction(values), everyone(9, 3), torch.zeros(3).long())
    ours = method.relevance(asked)
    for i in range(3):
        some, weight = method._coalitions(asked, asked.ids[i], 9)
        z = some.double()
        assert torch.equal(z[:40], 1 - z[40:])
        assert torch.equal(weight, torch.ones(80, dtype=torch.float64))
        target = SetFunction(values)(z) - values[0]
        system = torch.zeros(10, 10, dtype=torch.float64)  # stationarity above the constraint, with its multiplier
        system[:9, :9], system[:9, 9], system[9, :9] = z.T @ z, 1, 1
        right = torch.cat([z.T @ target, (values[-1] - values[0])[None]])
        assert (ours[i] - torch.linalg.solve(system, right)[:9]).abs().max() <= 1e-12
    assert (ours[0] - ours[1]).abs().max() > 1e-3
    assert x.shape == ours.shape


def test_sizes_are_drawn_by_the_kernel(open_query):
    asked = open_query(SetFunction(noise(12)), everyone(12), torch.zeros(1).long())
    some, _ = KernelShap(samples=4000)._coalitions(asked, "0", 12)
    size = torch.arange(1, 12, dtype=torch.float64)
    expected = 1 / (size * (12 - size))
    expected /= expected.sum()
    drawn = torch.bincount(some.sum(1), minlength=12)[1:12].double() / 4000
    assert (drawn - expected).abs().max() <= 4 * (0.25 / 2000) ** 0.5
    assert (some.double().mean(0) == 0.5).all()


def test_one_interaction_among_five_is_exact_where_captum_errs():
    z = members(5)
    values = z @ torch.tensor([1.0, -2.0, 0.5, 0.0, 3.0], dtype=torch.float64) + 2 * z[:, 0] * z[:, 1]
    expected = torch.tensor([2.0, -1.0, 0.5, 0.0, 3.0], dtype=torch.float64)
    net, x = SetFunction(values), everyone(5)
    assert (KernelShap().attribute(net, x)[0] - expected).abs().max() <= 1e-12
    torch.manual_seed(0)
    rough = CaptumKernelShap(net).attribute(x)[0]
    finer = CaptumKernelShap(net).attribute(x, n_samples=2000, perturbations_per_eval=200)[0]
    assert (rough - expected).abs().max() > 0.05
    assert (finer - expected).abs().max() > 1e-3


def test_efficiency_is_no_heavy_weight_as_it_is_in_captum():
    net, x = SetFunction(100 * noise(5)), everyone(5)
    gain = net.values[-1] - net.values[0]
    torch.manual_seed(0)
    assert (CaptumKernelShap(net).attribute(x, n_samples=100).double().sum() - gain).abs() > 1e-6
    assert (KernelShap(samples=20).attribute(net, x).sum() - gain).abs() <= 1e-12 * 100


@pytest.mark.usefixtures("captum_in_float64")
def test_equals_captums_exact_shapley_values_on_regions(cnn, images, targets, monkeypatch):
    monkeypatch.setattr(torch, "float", torch.float64)  # Captum sums in float32
    domain = ImageDomain(baseline=0.3)
    ours = KernelShap(region=4).attribute(cnn, images, targets, domain=domain)
    index = domain.regions(images.shape, 4).index
    theirs = ShapleyValues(cnn).attribute(images, baselines=0.3, target=targets, feature_mask=index[None, None])
    whole = torch.stack([torch.bincount(index.flatten(), image.sum(0).flatten()) for image in ours])
    first = torch.stack([theirs[:, 0].flatten(1)[:, (index == p).flatten()][:, 0] for p in range(4)], 1)
    assert (whole - first).abs().max() <= 1e-9
    assert (ours[:, :1] - ours).abs().max() == 0  # channels share equally


def test_equals_shaps_kernel_explainer():
    shap = pytest.importorskip("shap")
    net = nn.Sequential(nn.Linear(7, 6), nn.Tanh(), nn.Linear(6, 1)).double().requires_grad_(False)
    x = torch.randn(2, 7, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    explainer = shap.KernelExplainer(lambda z: net(torch.from_numpy(z)).numpy()[:, 0], np.zeros((1, 7)))
    theirs = torch.from_numpy(explainer.shap_values(x.numpy(), nsamples=2**7, l1_reg=0))
    assert (KernelShap().attribute(net, x) - theirs).abs().max() <= 1e-9


def test_asks_every_coalition_once_in_full_packs(table, targets, linear, passes_of, open_query):
    passes = passes_of(KernelShap(), open_query(linear, table, targets, rows=16))
    assert passes.forward == [16] * 5  # 2^4 coalitions of five samples, the full and the empty one among them
    passes = passes_of(KernelShap(samples=12), open_query(linear, table, targets, rows=7))
    assert set(passes.forward[:-1]) == {7}
    assert sum(passes.forward) < 5 * 14
    assert passes.backward == []


@pytest.mark.parametrize(
    "method", [KernelShap(), KernelShap(samples=30), Lime(samples=40)], ids=["all", "some", "lime"]
)
def test_many_samples_are_solved_as_one_is(method):
    net = nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 2)).double()
    table = torch.randn(21, 6, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    ids = [f"row {i}" for i in range(21)]
    together = method.attribute(net, table, 1, ids=ids)
    alone = [method.attribute(net, table[i : i + 1], 1, ids=ids[i : i + 1]) for i in range(21)]
    assert (together - torch.cat(alone)).abs().max() <= 1e-12


def test_samples_with_different_numbers_of_players(open_query):
    generator = torch.Generator().manual_seed(5)
    images = torch.randn(3, 1, 36, 40, generator=generator, dtype=torch.float64)
    images[0, :, :18, :20] = 9
    net = nn.Sequential(nn.AvgPool2d(4), nn.Flatten(), nn.Linear(90, 6), nn.Tanh(), nn.Linear(6, 2)).double()
    method = KernelShap(segments=9, samples=40)
    asked = open_query(net, images, torch.tensor([0, 1, 1]), rows=11)
    assert len(set(method.game(asked).players.counts)) > 1
    whole = method.relevance(asked)
    for i in range(3):
        alone = method.attribute(net, images[i : i + 1], int(asked.targets[i]), ids=[asked.ids[i]])
        assert (alone[0] - whole[i]).abs().max() <= 1e-12


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"samples": 1}, "samples=1"),
        ({"samples": 2.5}, "samples=2.5"),
        ({"players": "pixels"}, "players='pixels'"),
        ({"region": 0}, "region=0"),
        ({"segments": 1}, "segments=1"),
        ({"players": "superpixels", "region": 2}, "region=2 is the side of regions"),
    ],
)
def test_bad_parameters(parameters, message):
    with pytest.raises(BadParameter, match=message):
        KernelShap(**parameters)


def test_too_few_samples_are_refused():
    with pytest.raises(BadParameter, match="samples=20 are too few for 12 players; at least 22"):
        KernelShap(samples=20).attribute(SetFunction(noise(12)), everyone(12))
