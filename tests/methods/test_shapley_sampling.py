"""Shapley values by sampled permutations."""

import pytest
import torch
from set_functions import SetFunction, everyone, members, noise, shapley, unanimity
from torch import Tensor, nn

from whybench.domains import ImageDomain
from whybench.errors import BadParameter
from whybench.methods.attribution import KernelShap, ShapleySampling
from whybench.streams import Streams


def gains(values: Tensor, order: list[int]) -> Tensor:
    """What each player adds when it joins, in one order."""
    found, place = torch.zeros(len(order), dtype=torch.float64), 0
    for player in order:
        found[player] = values[place + 2**player] - values[place]
        place += 2**player
    return found


@pytest.mark.parametrize("permutations", [1, 2, 5])
def test_equals_the_definition(permutations):
    values, total = noise(7), torch.zeros(7, dtype=torch.float64)
    for k in range(permutations):
        places = Streams(0).permutation("shapley_sampling", "0", k // 2, 7)
        order = places.argsort().tolist()
        total += gains(values, order[::-1] if k % 2 else order)
    ours = ShapleySampling(permutations=permutations).attribute(SetFunction(values), everyone(7), ids=["0"])[0]
    assert (ours - total / permutations).abs().max() <= 1e-14


@pytest.mark.parametrize("permutations", [1, 2, 3, 10])
def test_values_sum_to_the_gain_for_any_number_of_orders(permutations):
    values = noise(9)
    ours = ShapleySampling(permutations=permutations).attribute(SetFunction(values), everyone(9))
    assert (ours.sum() - (values[-1] - values[0])).abs() <= 1e-13


def test_one_order_is_exact_on_additive_games_and_its_reverse_on_pairs():
    generator = torch.Generator().manual_seed(1)
    z, worth = members(6), torch.randn(6, generator=generator, dtype=torch.float64)
    pairs = torch.randn(6, 6, generator=generator, dtype=torch.float64).triu(1)
    additive, interacting = z @ worth, z @ worth + ((z @ pairs) * z).sum(1)
    once = ShapleySampling(permutations=1)
    assert (once.attribute(SetFunction(additive), everyone(6))[0] - worth).abs().max() <= 1e-14
    expected = worth + (pairs + pairs.T).sum(1) / 2
    twice = ShapleySampling(permutations=2).attribute(SetFunction(interacting), everyone(6))[0]
    assert (twice - expected).abs().max() <= 1e-14
    # What independent orders would miss:
    assert (once.attribute(SetFunction(interacting), everyone(6))[0] - expected).abs().max() > 0.1


def test_dummy_linearity_and_convergence():
    method, x = ShapleySampling(permutations=400), everyone(5)
    ours = method.attribute(SetFunction(unanimity(5, (0, 3))), x)[0]
    assert (ours[[1, 2, 4]] == 0).all()
    assert (ours[[0, 3]] - 0.5).abs().max() <= 1e-12  # a pair and its reverse: half the time each comes last
    one, two = noise(5, 1), noise(5, 2)
    parts = method.attribute(SetFunction(one), x) + method.attribute(SetFunction(two), x)
    assert (method.attribute(SetFunction(one + two), x) - parts).abs().max() <= 1e-13
    assert (method.attribute(SetFunction(one), x)[0] - shapley(one)).abs().max() <= 3 * one.std() / 400**0.5


def test_regions_have_the_players_that_kernel_shap_has(smooth, images, targets):
    domain = ImageDomain(baseline=0.1)
    exact = KernelShap(region=4).attribute(smooth, images, targets, domain=domain)
    ours = ShapleySampling(permutations=60, region=4).attribute(smooth, images, targets, domain=domain)
    assert (ours.sum((1, 2, 3)) - exact.sum((1, 2, 3))).abs().max() <= 1e-12
    assert (ours - exact).abs().max() <= 0.1 * exact.abs().max()


def test_asks_shared_coalitions_once(passes_of, open_query):
    net = nn.Linear(9, 2).double()
    asked = open_query(net, torch.ones(4, 9, dtype=torch.float64), torch.zeros(4).long(), rows=16)
    passes = passes_of(ShapleySampling(permutations=3), asked)
    assert set(passes.forward[:-1]) == {16}
    assert 4 * 2 < sum(passes.forward) <= 4 * (3 * 8 + 2)
    few = open_query(nn.Linear(3, 2).double(), torch.ones(4, 3, dtype=torch.float64), torch.zeros(4).long(), rows=16)
    assert passes_of(ShapleySampling(permutations=100), few).forward == [16, 16]  # 2^3 coalitions are all there are


def test_bad_parameters():
    with pytest.raises(BadParameter, match="permutations=0"):
        ShapleySampling(permutations=0)
