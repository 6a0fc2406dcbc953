"""shap's explainers as baselines: equal to direct calls and to known values, per sample, refused where shap fails."""

import sys
from itertools import permutations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from whybench import registries
from whybench.catalogue import catalogue
from whybench.domains import ImageDomain, TabularDomain
from whybench.errors import BadParameter, Unsupported
from whybench.isolation import generators_kept
from whybench.methods.attribution import DeepShap, KernelShap, shap_baselines
from whybench.methods.attribution.shap_baselines import Deep, Kernel, Partition
from whybench.methods.attribution.shap_baselines.partition import hierarchy
from whybench.streams import Streams

IDS = [f"sample {i}" for i in range(5)]
EVERY = [getattr(shap_baselines, name) for name in shap_baselines.__all__]
CHEAP = {Kernel: {"nsamples": 150}, Partition: {"max_evals": 40}, Deep: {"background": 3}}


@pytest.fixture
def library():
    with generators_kept():
        yield pytest.importorskip("shap")


@pytest.fixture
def training():
    return torch.randn(12, 2, 8, 6, generator=torch.Generator().manual_seed(4), dtype=torch.float64)


@pytest.fixture
def columns():
    return torch.randn(12, 4, generator=torch.Generator().manual_seed(4), dtype=torch.float64)


@pytest.fixture
def regression():
    """Four columns with interactions, one output."""
    generator = torch.Generator().manual_seed(3)
    net = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 1)).double()
    for parameter in net.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
    return net


def shapley(function, x, baseline):
    """The mean gain over all orders of the columns of one row."""
    phi = torch.zeros_like(x)
    orders = list(permutations(range(len(x))))
    for order in orders:
        point = baseline.clone()
        for i in order:
            before = function(point[None]).item()
            point[i] = x[i]
            phi[i] += (function(point[None]).item() - before) / len(orders)
    return phi


@pytest.mark.parametrize("method", EVERY)
def test_a_sample_does_not_see_its_batch_nor_its_place_in_it(library, method, cnn, images, targets, training):
    made = method(**CHEAP[method])
    together = made.attribute(cnn, images, targets, ids=IDS, training=training)
    order = [3, 0, 4, 1, 2]
    ids = [IDS[i] for i in order]
    shuffled = made.attribute(cnn, images[order], targets[order], ids=ids, training=training, batch_size=2)
    assert together.shape == images.shape
    assert (shuffled - together[order]).abs().max() <= 1e-12 * together.abs().max()


# shap/kernel


def test_kernel_enumerates_shapley_values(library, regression, table):
    found = Kernel(l1_reg=0).attribute(regression, table)
    exact = torch.stack([shapley(regression, row, torch.zeros(4, dtype=torch.float64)) for row in table])
    assert (found - exact).abs().max() <= 1e-9
    assert (found - KernelShap().attribute(regression, table)).abs().max() <= 1e-9


def test_kernel_equals_a_direct_call(library, regression, table):
    ours = Kernel(nsamples=9).attribute(regression, table[:2], ids=IDS[:2])
    for i in range(2):
        np.random.seed(Streams(0).generator("shap/kernel", IDS[i]).initial_seed() % 2**32)  # noqa: NPY002
        explainer = library.KernelExplainer(
            lambda x: regression(torch.from_numpy(x)).detach().numpy(), np.zeros((1, 4))
        )
        direct = explainer.shap_values(table[i : i + 1].numpy(), nsamples=9, silent=True)
        assert np.abs(ours[i].numpy() - direct[0].reshape(4)).max() <= 1e-9


def test_kernel_keeps_ten_players_by_default_where_ours_keeps_all(library):
    """f = sum of x: every one of twelve Shapley values is 1."""
    ones, total = torch.ones(1, 12, dtype=torch.float64), nn.Linear(12, 1, bias=False).double()
    nn.init.ones_(total.weight)
    assert (KernelShap(samples=200).attribute(total, ones) - 1).abs().max() <= 1e-9
    assert (Kernel(nsamples=200).attribute(total, ones).abs() > 1e-6).sum() <= 10
    assert (Kernel(nsamples=200, l1_reg=0).attribute(total, ones) - 1).abs().max() <= 1e-9


def test_kernel_plays_the_game_of_the_domain(library, cnn, images, targets):
    domain = ImageDomain(baseline=0.25)
    maps = Kernel(nsamples=100, region=4, l1_reg=0).attribute(cnn, images, targets, domain=domain)
    ours = KernelShap(samples=100, region=4).attribute(cnn, images, targets, domain=domain)
    assert (maps - ours).abs().max() <= 1e-9


# shap/deep


def test_deep_agrees_with_ours_on_a_chain_of_modules(library, regression, table, columns):
    found = Deep(background=12).attribute(regression, table, training=columns)
    assert (found - DeepShap(background=12).attribute(regression, table, training=columns)).abs().max() <= 1e-9


def test_deep_agrees_with_ours_on_a_network_with_max_pooling(library, cnn, images, targets, training):
    found = Deep(background=4).attribute(cnn, images, targets, training=training)
    sums = cnn(images).gather(1, targets[:, None])[:, 0]
    drawn = training[Streams(0).permutation("background", "", 0, 12)[:4]]
    start = cnn(drawn).mean(0)[targets]
    assert (found.flatten(1).sum(1) - (sums - start)).abs().max() <= 1e-9
    assert (found - DeepShap(background=4).attribute(cnn, images, targets, training=training)).abs().max() <= 1e-9


class Written(nn.Module):
    """Two layers with something between them that shap does not see."""

    def __init__(self, between):
        super().__init__()
        self.first, self.last, self.between = nn.Linear(4, 6), nn.Linear(6, 2), between

    def forward(self, x):
        return self.last(self.between(self.first(x)))


class Reused(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.middle, self.last, self.relu = nn.Linear(4, 6), nn.Linear(6, 6), nn.Linear(6, 2), nn.ReLU()

    def forward(self, x):
        return self.last(self.relu(self.middle(self.relu(self.first(x)))))


@pytest.mark.parametrize(
    ("module", "reason"),
    [
        (lambda: Written(F.relu), r"off f\(x\) - mean f\(background\)"),
        (lambda: Written(nn.SiLU()), "has no rule for SiLU"),
        (Reused, r"shap/deep"),
        (lambda: Written(nn.ReLU(inplace=True)), "shap/deep fails on model"),
    ],
    ids=["function", "unknown module", "reused", "in place"],
)
def test_deep_refuses_what_shap_gets_wrong(library, module, reason, table, columns):
    net = module().double()
    for parameter in net.parameters():
        parameter.data = torch.randn(parameter.shape, generator=torch.Generator().manual_seed(7), dtype=torch.float64)
    before = {name: len(m._forward_hooks) + len(m._backward_hooks) for name, m in net.named_modules()}
    with pytest.raises(Unsupported, match=reason):
        Deep().attribute(net, table, 1, training=columns)
    assert {name: len(m._forward_hooks) + len(m._backward_hooks) for name, m in net.named_modules()} == before


# shap/partition


def owen(function, x, baseline, tree, columns):
    """Values of one row: each group's gain in a context, shared by its halves as in a game of two."""
    phi = torch.zeros_like(x)

    def members(node):
        if node < columns:
            return [node]
        left, right = tree[node - columns, :2].astype(int)
        return members(left) + members(right)

    def worth(kept):
        point = baseline.clone()
        point[kept] = x[kept]
        return function(point[None]).item()

    def share(node, context, weight):
        if node < columns:
            phi[node] += weight * (worth([*context, node]) - worth(context))
            return
        left, right = tree[node - columns, :2].astype(int)
        for one, other in ((left, right), (right, left)):
            share(one, context, weight / 2)
            share(one, context + members(other), weight / 2)

    share(2 * columns - 2, [], 1.0)
    return phi


def test_partition_gives_owen_values(library, regression, table, columns):
    domain = TabularDomain(covariance=columns.T.cov(), baseline=0.25)
    found = Partition().attribute(regression, table, domain=domain)
    tree = hierarchy(domain, 4)
    for i in range(len(table)):
        exact = owen(regression, table[i], torch.full((4,), 0.25, dtype=torch.float64), tree, 4)
        assert (found[i] - exact).abs().max() <= 1e-9


def test_columns_are_joined_as_shap_joins_them(library, columns):
    """shap adds noise of 1e-8 from the global generator."""
    domain = TabularDomain(covariance=columns.T.cov())
    assert np.abs(hierarchy(domain, 4) - library.utils.hclust(columns.numpy(), metric="correlation")).max() <= 1e-6
    assert hierarchy(TabularDomain(), 3)[0, :2].tolist() == [0, 1]
    with pytest.raises(Unsupported, match="at least two columns"):
        hierarchy(TabularDomain(), 1)


def test_partition_sums_to_the_difference_on_images(library, cnn, images, targets):
    domain = ImageDomain(baseline=0.25)
    maps = Partition(max_evals=60).attribute(cnn, images, targets, domain=domain)
    difference = cnn(images) - cnn(torch.full_like(images, 0.25))
    assert (maps.flatten(1).sum(1) - difference.gather(1, targets[:, None])[:, 0]).abs().max() <= 1e-9


def test_partition_on_a_linear_model(library, linear, table, targets):
    found = Partition().attribute(linear, table, targets)
    assert (found - linear.weight[targets] * table).abs().max() <= 1e-12


# Without the library


@pytest.mark.parametrize("method", EVERY)
def test_without_shap_it_is_listed_and_says_how_to_install_it(method, monkeypatch, linear, table, targets, columns):
    monkeypatch.setitem(sys.modules, "shap", None)
    assert method.name in {entry["name"] for entry in catalogue("methods")}
    with pytest.raises(Unsupported, match=rf"{method.name} is computed by the library shap: .*'whybench\[shap\]'"):
        method().attribute(linear, table, targets, training=columns)


@pytest.mark.parametrize("method", EVERY)
def test_the_version_of_shap_is_part_of_the_key(method):
    assert "shap" in method.libraries
    assert registries.methods[method.name] is method


@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        (Kernel, {"nsamples": 1}),
        (Kernel, {"region": 0}),
        (Deep, {"background": 0}),
        (Partition, {"max_evals": 3}),
        (Partition, {"batch_size": 0}),
    ],
)
def test_parameters_are_checked(method, parameters):
    ((name, value),) = parameters.items()
    with pytest.raises(BadParameter, match=f"{method.name}: {name}={value}"):
        method(**parameters)
