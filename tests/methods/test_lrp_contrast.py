"""Contrastive LRP: its starts, sums, and what cancels."""

import lrp_by_definition as definition
import pytest
import torch
from filled_weights import filled
from torch import Tensor, nn

from whybench.errors import BadInput, BadParameter, Unsupported
from whybench.methods.attribution import InputXGradient, Lrp
from whybench.methods.attribution.lrp import AlphaBeta, Composite, ZPlus

TARGETS = torch.tensor([0, 1, 3])
COMPOSITES = ("epsilon", "epsilon_plus", "epsilon_gamma_box", "epsilon_alpha2_beta1_flat", "deep_taylor")


def network(bias: bool) -> nn.Sequential:
    module = filled(
        nn.Sequential(
            nn.Conv2d(2, 3, 3, bias=bias), nn.ReLU(), nn.Flatten(), nn.Linear(24, 6, bias=bias), nn.ReLU(),
            nn.Linear(6, 4, bias=bias),
        )
    )  # fmt: skip
    assert isinstance(module, nn.Sequential)
    return module


@pytest.fixture
def x() -> Tensor:
    return torch.rand(3, 2, 6, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def test_against_others_is_the_target_s_map_less_a_map_of_all_others(x: Tensor) -> None:
    """By explicit matrices, one sample and one class at a time."""
    net = network(bias=True)
    found = Lrp("epsilon", contrast="others").attribute(net, x, TARGETS)
    for row, target, relevance in zip(x, TARGETS.tolist(), found, strict=True):
        read, upper = row[None], torch.full((1, 4), -1 / 3, dtype=torch.float64)
        upper[0, target] = 1.0
        upper = upper * net(read)[0, target].detach()
        one = net[:2](read).flatten(1).detach()
        two = net[:5](read).detach()
        for a, layer in ((two, net[5]), (one, net[3])):
            upper = definition.epsilon_rule(a, *(t.detach() for t in definition.matrix(layer, a)), upper)
        upper = definition.epsilon_rule(read, *(t.detach() for t in definition.matrix(net[0], read)), upper)
        torch.testing.assert_close(relevance, upper[0], atol=1e-9, rtol=1e-9)


def test_sums(x: Tensor) -> None:
    net = network(bias=False)
    outputs = net(x).detach()
    own = outputs.gather(1, TARGETS[:, None]).squeeze(1)
    others = outputs.scatter(1, TARGETS[:, None], -torch.inf).amax(1)
    for contrast, expected in (("none", own), ("others", 0 * own), ("strongest", own - others)):
        found = Lrp("epsilon", epsilon=1e-14, contrast=contrast).attribute(net, x, TARGETS)
        torch.testing.assert_close(found.sum((1, 2, 3)), expected, atol=1e-10, rtol=1e-9)


@pytest.mark.parametrize("composite", COMPOSITES)
@pytest.mark.parametrize("contrast", ["others", "strongest"])
def test_what_all_classes_share_cancels(composite: str, contrast: str, x: Tensor) -> None:
    """Classes that are all alike leave nothing; without a contrast there is a map."""
    net = network(bias=True)
    top = net[5]
    assert isinstance(top, nn.Linear)
    top.weight.data = top.weight.data[:1].expand(4, -1).clone()
    top.bias.data = top.bias.data[:1].expand(4).clone()
    method = Lrp(composite, contrast=contrast, low=-0.5, high=1.5)
    found = method.attribute(net, x, TARGETS)
    plain = Lrp(composite, low=-0.5, high=1.5).attribute(net, x, TARGETS)
    assert plain.abs().max() > 1e-3
    assert found.abs().max() < 1e-12 * float(plain.abs().max())


def test_against_the_strongest_is_input_x_gradient_of_the_margin(x: Tensor) -> None:
    """And so a function that is added to every class changes nothing."""
    net = network(bias=True)
    moved = network(bias=True)
    moved[5].weight.data += torch.linspace(-1, 1, 6, dtype=torch.float64)
    moved[5].bias.data += 0.7
    outputs = net(x)
    strongest = outputs.detach().scatter(1, TARGETS[:, None], -torch.inf).argmax(1)
    expected = InputXGradient().attribute(net, x, TARGETS) - InputXGradient().attribute(net, x, strongest)
    for module in (net, moved):
        found = Lrp("epsilon", epsilon=1e-14, contrast="strongest").attribute(module, x, TARGETS)
        torch.testing.assert_close(found, expected, atol=1e-10, rtol=0)
    alone = [Lrp("epsilon", epsilon=1e-14).attribute(module, x, TARGETS) for module in (net, moved)]
    assert (alone[0] - alone[1]).abs().max() > 0.1


def test_the_dual_neuron_is_alpha_1_beta_1_at_the_top(x: Tensor) -> None:
    """CLRP2: z+ of the network less z+ of the one whose weights to the target are negated, both from f_c."""
    net, dual = network(bias=False), network(bias=False)
    for module in (net, dual):
        for parameter in module.parameters():
            parameter.data *= 10
    dual[5].weight.data.neg_()
    found = Lrp(Composite(ZPlus(), ZPlus(), layers={"5": AlphaBeta(1.0, 1.0)})).attribute(net, x, TARGETS)
    plain = Lrp(Composite(ZPlus(), ZPlus()))
    own, other = plain.attribute(net, x, TARGETS), plain.attribute(dual, x, TARGETS)
    torch.testing.assert_close(found, own + other, atol=1e-9, rtol=1e-10)  # the dual's start is -f_c
    assert (found.sum((1, 2, 3)).abs() < 1e-5 * own.sum((1, 2, 3)).abs()).all()


def test_batch_and_order_do_not_matter(x: Tensor) -> None:
    net = network(bias=True)
    for contrast in ("others", "strongest"):
        whole = Lrp(contrast=contrast).attribute(net, x, TARGETS)
        alone = torch.cat([Lrp(contrast=contrast).attribute(net, x[[i]], TARGETS[[i]]) for i in (2, 0, 1)])
        torch.testing.assert_close(whole[[2, 0, 1]], alone, atol=1e-12, rtol=0)


def test_it_takes_other_classes(x: Tensor) -> None:
    scalar = nn.Sequential(network(bias=True), nn.Linear(4, 1).double())
    assert Lrp().attribute(scalar, x).shape == x.shape
    with pytest.raises(Unsupported, match=r"contrast='others'.* has one output"):
        Lrp(contrast="others").attribute(scalar, x)
    with pytest.raises(BadInput, match=r"targets \[7\]"):
        Lrp(contrast="others").attribute(network(bias=True), x, 7)
    with pytest.raises(BadParameter, match="contrast='rest'; allowed: none, others, strongest"):
        Lrp(contrast="rest")
