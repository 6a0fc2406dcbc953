"""Relevance at layers: equal sums on every cut, and the map at the input."""

import pytest
import torch
import torch.nn.functional as F
from filled_weights import filled
from lrp_networks import NETWORKS, inputs_for, weighted
from torch import Tensor, nn

from whybench.domains import ImageDomain
from whybench.errors import BadParameter, UnknownName, Unsupported
from whybench.methods.attribution import InputXGradient, Lrp
from whybench.methods.attribution.layer_relevance import relevance_at

TARGETS = torch.tensor([0, 2, 1])
COMPOSITES = ("epsilon", "epsilon_plus", "epsilon_gamma_box", "epsilon_alpha2_beta1_flat", "deep_taylor")
SMALL = {"low": -4.0, "high": 4.0}


class Network(nn.Module):
    """Without biases; BatchNorm that only scales; a functional pool, ReLU and skip."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(2, 4, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(4)
        self.block = nn.Sequential(nn.Conv2d(4, 4, 3, padding=1, bias=False), nn.ReLU())
        self.middle = nn.Linear(48, 8, bias=False)
        self.top = nn.Linear(8, 3, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        kept = F.max_pool2d(F.relu(self.norm(self.stem(x))), 2)
        return self.top(F.relu(self.middle((self.block(kept) + kept).flatten(1))))


@pytest.fixture
def net() -> Network:
    module = filled(Network())
    assert isinstance(module, Network)
    module.norm.weight.data = torch.tensor([2.0, 0.5, 1.5, 3.0], dtype=torch.float64)
    module.norm.bias.data.zero_()
    for parameter in module.parameters():
        parameter.data *= 3
    module.top.weight.data[0].abs_()  # one logit of every sample is positive
    return module


@pytest.fixture
def x() -> Tensor:
    return torch.randn(3, 2, 8, 6, generator=torch.Generator().manual_seed(2), dtype=torch.float64)


@pytest.mark.parametrize("composite", COMPOSITES)
def test_every_cut_holds_the_logit(composite: str, net: Network, x: Tensor) -> None:
    """The stabilisers' 1e-6 is all that is lost."""
    logit, targets = net(x).detach().max(1)
    assert (logit > 0).all()
    lrp = Lrp(composite, **SMALL)
    cuts = relevance_at(net, x, targets, layers=["stem", "norm", "middle", "top", ""], lrp=lrp)
    cuts |= {f"to {k}": v for k, v in relevance_at(net, x, targets, layers=list(LAYERS), lrp=lrp, at="input").items()}
    for name, relevance in cuts.items():
        torch.testing.assert_close(
            relevance.flatten(1).sum(1), logit, rtol=1e-4, atol=0, msg=lambda m, n=name: f"{n} {m}"
        )
    assert {name: tuple(cuts[f"to {name}"].shape[1:]) for name in LAYERS} == LAYERS
    assert torch.equal(cuts["stem"], cuts["norm"])  # one layer, one output


LAYERS = {"stem": (2, 8, 6), "block": (4, 4, 3), "middle": (48,), "top": (8,)}


@pytest.mark.parametrize("composite", COMPOSITES)
def test_at_the_input_of_the_first_layer_it_is_the_map(composite: str, net: Network, x: Tensor) -> None:
    lrp = Lrp(composite, contrast="others", **SMALL)
    found = relevance_at(net, x, TARGETS, layers=["stem", ""], lrp=lrp, at="input")
    expected = lrp.attribute(net, x, TARGETS)
    assert torch.equal(found["stem"], expected)
    assert torch.equal(found[""], expected)


def test_a_branch_has_its_part(net: Network, x: Tensor) -> None:
    """By the epsilon rule: activation x gradient, at the branch and at what the skip holds too."""
    read: dict[str, Tensor] = {}

    def keep(name: str) -> object:
        return lambda module, inputs, output: read.update({f"{name} in": inputs[0], f"{name} out": output})

    handles = [getattr(net, name).register_forward_hook(keep(name)) for name in ("block", "middle")]
    out = net(x).gather(1, TARGETS[:, None]).sum()
    for handle in handles:
        handle.remove()
    lrp = Lrp("epsilon", epsilon=1e-14)
    for at, key in (("output", "out"), ("input", "in")):
        found = relevance_at(net, x, TARGETS, layers=["block", "middle"], lrp=lrp, at=at)
        for name, relevance in found.items():
            tensor = read[f"{name} {key}"]
            (gradient,) = torch.autograd.grad(out, tensor, retain_graph=True)
            torch.testing.assert_close(relevance, (tensor * gradient).detach(), atol=1e-9, rtol=0)


@pytest.mark.parametrize("name", NETWORKS)
def test_sums_hold_across_constants_that_are_moved(name: str) -> None:
    net, x = weighted(NETWORKS[name]()), inputs_for(name)
    logit = net(x).gather(1, TARGETS[:, None]).squeeze(1).detach()
    lrp = Lrp("epsilon", epsilon=1e-14, bias=False)
    layers = {"dense block": ["stem", "norm3"], "pre-activation": ["stem", "norm3"]}.get(
        name, ["conv1", "norm1", "conv2", "norm2", "top"]
    )
    for relevance in relevance_at(net, x, TARGETS, layers=layers, lrp=lrp).values():
        torch.testing.assert_close(relevance.flatten(1).sum(1), logit, rtol=1e-8, atol=0)


def test_batches_are_joined(net: Network, x: Tensor) -> None:
    whole = relevance_at(net, x, TARGETS, layers=["middle", "block"])
    parts = relevance_at(net, x, TARGETS, layers=["middle", "block"], batch_size=2)
    for name in whole:
        torch.testing.assert_close(parts[name], whole[name], atol=1e-12, rtol=0)


def test_a_method_that_shows_a_layer_sums_its_channels(net: Network, x: Tensor) -> None:
    shown = Lrp(layer="block").attribute(net, x, TARGETS)
    raw = relevance_at(net, x, TARGETS, layers=["block"])["block"]
    assert torch.equal(shown, raw.sum(1, keepdim=True))
    assert ImageDomain().per_feature(shown, "contribution", x.shape).shape == (3, 8, 6)
    with pytest.raises(Unsupported, match=r"layer 'middle', \(8,\), is no map .* relevance_at gives it as it is"):
        Lrp(layer="middle").attribute(net, x, TARGETS)


def test_a_reused_module_is_read_at_first_and_made_at_last(x: Tensor) -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.shared = nn.Linear(6, 6, bias=False)
            self.relu = nn.ReLU(inplace=True)

        def forward(self, x: Tensor) -> Tensor:
            return self.relu(self.shared(self.relu(self.shared(x))))

    net, columns = filled(Twice()), x[:, 0, 0]
    lrp = Lrp("epsilon", epsilon=1e-14)
    below = relevance_at(net, columns, TARGETS, layers=["shared", "relu"], lrp=lrp, at="input")
    torch.testing.assert_close(below["shared"], InputXGradient().attribute(net, columns, TARGETS), atol=1e-10, rtol=0)
    above = relevance_at(net, columns, TARGETS, layers=["relu"], lrp=lrp)["relu"]
    outputs = net(columns).detach()
    assert torch.equal(
        above, torch.zeros_like(outputs).scatter(1, TARGETS[:, None], outputs.gather(1, TARGETS[:, None]))
    )


def test_nothing_is_left_behind_and_names_are_checked(net: Network, x: Tensor) -> None:
    net.train()
    with pytest.raises(UnknownName, match=r"unknown layer 'midle'\. Did you mean middle"):
        relevance_at(net, x, TARGETS, layers=["midle"])
    with pytest.raises(UnknownName, match="unknown layer 'blok'"):
        Lrp(layer="blok").attribute(net, x, TARGETS)
    silent = nn.Sequential(nn.Identity(), nn.Flatten(), nn.Linear(96, 3)).double()
    with pytest.raises(Unsupported, match="runs in module '0'"):
        relevance_at(silent, x, TARGETS, layers=["0"])
    with pytest.raises(BadParameter, match="at='inputs'; allowed: input, output"):
        relevance_at(net, x, TARGETS, layers=["top"], at="inputs")
    with pytest.raises(BadParameter, match="layers='top'; expected a list of names"):
        relevance_at(net, x, TARGETS, layers="top")
    assert net.training
    assert all(parameter.requires_grad and parameter.grad is None for parameter in net.parameters())
