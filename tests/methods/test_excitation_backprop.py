"""Excitation backpropagation: the definition in loops, its laws, LRP's z+, the dual network, and known mistakes."""

import copy
from collections.abc import Callable
from functools import partial

import pytest
import torch
import torch.nn.functional as F
from top_down_nets import WAYS, Definition, Net, Rows, inputs, made
from torch import Tensor, nn

from whybench.errors import Unsupported
from whybench.methods.attribution import ExcitationBackprop, excitation_backprop
from whybench.methods.attribution.backpropagation import rules
from whybench.methods.attribution.backpropagation.backpropagate import backpropagate
from whybench.methods.attribution.backpropagation.composites import Composite
from whybench.methods.attribution.backpropagation.exact import Products, portion
from whybench.methods.attribution.backpropagation.grammar import Grammar
from whybench.methods.attribution.backpropagation.layers import Layer
from whybench.methods.attribution.backpropagation.propagation import Propagation
from whybench.protocols import Query

TARGETS = torch.tensor([0, 0, 2])


def walk(a: list[float], weight: Rows, winning: list[float], lowest: float = 0.0) -> list[float]:
    """P(j) = sum_k P(j | k) P(k)."""
    found = [0.0] * len(a)
    for row, upper in zip(weight, winning, strict=True):
        excites = [max(0.0, max(lowest, value) * w) for value, w in zip(a, row, strict=True)]
        for j, excitation in enumerate(excites):
            if excitation > 0:
                found[j] += upper * excitation / sum(excites)
    return found


def dual_walk(a: list[float], weight: Rows, winning: list[float]) -> list[float]:
    """The walk from a unit minus that from its dual."""
    dual = walk(a, [[-w for w in row] for row in weight], winning)
    return [one - other for one, other in zip(walk(a, weight, winning), dual, strict=True)]


def positive_shares(values: list[float], upper: float) -> list[float]:
    total = sum(max(0.0, value) for value in values)
    return [upper * max(0.0, value) / total if total > 0 else 0.0 for value in values]


by_either_sign = partial(walk, lowest=-float("inf"))


@pytest.mark.parametrize(("contrastive", "top"), [(False, walk), (True, dual_walk)], ids=["plain", "contrastive"])
def test_by_definition_in_every_way_to_call_a_rectifier(contrastive: bool, top: Callable[..., list[float]]) -> None:
    net, x = made(), inputs()
    definition = Definition(top, walk, by_either_sign, positive_shares)
    rows = [definition.relevance(net, row[None], t, 1.0) for row, t in zip(x, TARGETS.tolist(), strict=True)]
    reference = torch.cat(rows).clamp(min=0)
    assert reference.amax((1, 2, 3)).min() > 0.01
    for way in WAYS.values():
        found = ExcitationBackprop(contrastive).attribute(made(*way()), x, TARGETS)
        torch.testing.assert_close(found, reference, atol=1e-12, rtol=0)


def test_a_probability() -> None:
    """Without biases every unit above 0, the target's too, has an input that excites it."""
    net, x = made(), inputs()
    for layer in (net.first, net.norm, net.grouped, net.depthwise, net.hidden, net.top):
        assert layer.bias is not None
        layer.bias.data.zero_()
    assert net.norm.running_mean is not None
    net.norm.running_mean.zero_()
    net.top.weight.data.abs_()
    for target in range(3):
        relevance = ExcitationBackprop().attribute(net, x, target)
        assert relevance.min() >= 0
        torch.testing.assert_close(relevance.flatten(1).sum(1), torch.ones(3, dtype=torch.float64), atol=1e-12, rtol=0)


def test_a_unit_that_only_its_bias_excites_ends_the_walk() -> None:
    net = nn.Sequential(nn.Linear(1, 2), nn.ReLU(), nn.Linear(2, 1, bias=False)).double()
    net[0].weight.data.copy_(torch.tensor([[1.0], [-1.0]]))
    net[0].bias.data.copy_(torch.tensor([0.0, 4.0]))
    net[2].weight.data.fill_(1.0)
    relevance = ExcitationBackprop().attribute(net, torch.ones(1, 1, dtype=torch.float64))
    assert relevance.tolist() == [[0.25]]


class Rectified(Net):
    """Its skip adds what has been rectified, so that no inner value is negative."""

    def forward(self, x: Tensor) -> Tensor:
        pooled = F.max_pool2d(F.relu(self.norm(self.first(x))), 3, 2, 1)
        out = F.relu(self.depthwise(F.relu(self.grouped(pooled)))) + pooled
        return self.top(F.relu(self.hidden(F.avg_pool2d(out, (2, 1), (1, 2)).flatten(1))))


def test_lrp_z_plus_from_one_where_units_are_not_negative(open_query: Callable[..., Query]) -> None:
    """With neither biases nor stabilisers."""
    net = made()
    net.__class__ = Rectified
    z_plus = partial(rules.z_plus, stabiliser=0.0)
    composite = Composite(z_plus, z_plus, epsilon=0.0, positive_sums=True)
    query = open_query(net, inputs(), TARGETS)
    lrp = backpropagate(query, lambda leaf: Grammar(Propagation(composite, leaf, None, False)), torch.ones_like)
    assert lrp.max() > 0.05
    torch.testing.assert_close(ExcitationBackprop().attribute(net, inputs(), TARGETS), lrp, atol=1e-12, rtol=0)


def test_the_contrast_is_the_difference_to_the_dual_network() -> None:
    net, x = made(), inputs()
    dual = copy.deepcopy(net)
    dual.top.weight.data.neg_()
    difference = ExcitationBackprop().attribute(net, x, TARGETS) - ExcitationBackprop().attribute(dual, x, TARGETS)
    found = ExcitationBackprop(contrastive=True).attribute(net, x, TARGETS)
    assert difference.min() < -0.01
    assert found.flatten(1).sum(1).max() <= 1
    torch.testing.assert_close(found, difference.clamp(min=0), atol=1e-12, rtol=0)


def test_the_contrast_by_hand() -> None:
    """Class 0 excites both units, class 1 is inhibited by the second."""
    net = nn.Sequential(nn.Linear(2, 2, bias=False), nn.ReLU(), nn.Linear(2, 2, bias=False)).double()
    net[0].weight.data.copy_(torch.tensor([[1.0, 1.0], [0.0, 2.0]]))
    net[2].weight.data.copy_(torch.tensor([[3.0, 1.0], [3.0, -1.0]]))
    x = torch.ones(1, 2, dtype=torch.float64)
    assert ExcitationBackprop().attribute(net, x, 0).tolist() == [[0.375, 0.625]]
    assert ExcitationBackprop(contrastive=True).attribute(net, x, 0).tolist() == [[0.375, 0.625]]
    assert ExcitationBackprop().attribute(net, x, 1).tolist() == [[0.5, 0.5]]
    assert ExcitationBackprop(contrastive=True).attribute(net, x, 1).tolist() == [[0.5, 0.0]]


class Bottleneck(nn.Module):
    """A layer without an activation inside a residual block, as in inverted bottlenecks."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.linear, self.expand = (nn.Linear(6, 6, bias=False) for _ in range(3))
        self.top = nn.Linear(6, 3, bias=False)
        draw = torch.Generator().manual_seed(3)
        for parameter in self.parameters():
            parameter.data = torch.randn(parameter.shape, generator=draw, dtype=torch.float64)
        self.top.weight.data.abs_()

    def forward(self, x: Tensor) -> Tensor:
        kept = F.relu(self.first(x))
        return self.top(F.relu(self.expand(self.linear(kept) + kept)))


def test_negative_units_inside_do_not_win(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the sum stays 1; with both signs winning, as at the input, it does not."""
    x = torch.randn(4, 6, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    ones = torch.ones(4, dtype=torch.float64)
    sums = ExcitationBackprop().attribute(Bottleneck(), x, 1).sum(1)
    torch.testing.assert_close(sums, ones, atol=1e-12, rtol=0)

    def either_sign(layer: Layer, relevance: Tensor) -> Tensor:
        products = Products.positive(layer)
        return products.pull(portion(relevance, products.total))

    monkeypatch.setattr(excitation_backprop, "winning", either_sign)
    assert (ExcitationBackprop().attribute(Bottleneck(), x, 1).sum(1) - ones).abs().max() > 0.1


def test_clamped_weights_without_signs_give_negative_probabilities(monkeypatch: pytest.MonkeyPatch) -> None:
    """The known mistake: at inputs of both signs x w+ is no excitation."""

    def weights_only(layer: Layer, relevance: Tensor) -> Tensor:
        with torch.enable_grad():
            leaf = layer.inputs.clone().requires_grad_()
            total = layer.apply(leaf, layer.weight.clamp(min=0))
        (gradient,) = torch.autograd.grad(total, leaf, relevance / (total.detach() + 1e-20))
        return layer.inputs * gradient

    right = ExcitationBackprop().attribute(made(), inputs(), TARGETS)
    monkeypatch.setattr(excitation_backprop, "winning", weights_only)
    wrong = ExcitationBackprop().attribute(made(), inputs(), TARGETS)
    assert right.min() >= 0
    assert wrong.min() < -0.1


def test_batch_norm_passed_by_is_another_map(monkeypatch: pytest.MonkeyPatch) -> None:
    """The known mistake: a negative scale turns excitation into inhibition."""
    net = made()
    assert (net.norm.weight < 0).any()
    right = ExcitationBackprop().attribute(net, inputs(), TARGETS)
    monkeypatch.setattr(Grammar, "batch_norm", lambda self, call, *args, **kwargs: self.propagation.activation(call))
    wrong = ExcitationBackprop().attribute(net, inputs(), TARGETS)
    assert (right - wrong).abs().max() > 0.2 * right.max()


@pytest.mark.parametrize("contrastive", [False, True], ids=["plain", "contrastive"])
@pytest.mark.parametrize(
    ("refused", "name"),
    [(nn.GELU(), "gelu"), (nn.SiLU(), "silu"), (nn.LayerNorm(8), "layer_norm"), (nn.Softmax(1), "softmax")],
    ids=["gelu", "silu", "layer_norm", "softmax"],
)
def test_what_has_no_rule_is_refused_by_name(refused: nn.Module, name: str, contrastive: bool) -> None:
    net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 8), refused, nn.Linear(8, 3)).double()
    with pytest.raises(Unsupported) as refusal:
        ExcitationBackprop(contrastive).attribute(net, torch.ones(1, 4, dtype=torch.float64), 1)
    assert f"no rule for '{name}' (in module '3')" in str(refusal.value)


class Heads(nn.Module):
    """Logits that are the sum of two layers'."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.other = nn.Linear(4, 3), nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.one(x) + self.other(x)


@pytest.mark.parametrize(
    "net",
    [
        nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3), nn.ReLU()),
        nn.Sequential(nn.Unflatten(1, (1, 4)), nn.Conv1d(1, 3, 2), nn.AdaptiveAvgPool1d(1), nn.Flatten()),
        Heads(),
    ],
    ids=["activation on top", "convolution on top", "two on top"],
)
def test_the_contrast_needs_one_fully_connected_layer_on_top(net: nn.Module) -> None:
    x = torch.ones(1, 4, dtype=torch.float64)
    assert torch.isfinite(ExcitationBackprop().attribute(net.double(), x, 1)).all()
    with pytest.raises(Unsupported, match=r"outputs are those of one fully connected layer"):
        ExcitationBackprop(contrastive=True).attribute(net, x, 1)


def test_zennit_agrees_once_biases_are_left_out() -> None:
    """Zennit's composite counts positive biases among what excites a unit, unless told otherwise, and so loses some."""
    composites, attribution = (pytest.importorskip(f"zennit.{name}") for name in ("composites", "attribution"))
    layers = [nn.Conv2d(2, 6, 3, padding=1), nn.ReLU(), nn.Conv2d(6, 6, 3, groups=2), nn.ReLU(), nn.MaxPool2d(3, 1)]
    net = nn.Sequential(
        *layers, nn.AvgPool2d((3, 1)), nn.Flatten(), nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 3)
    ).double()
    draw = torch.Generator().manual_seed(6)
    for parameter in net.parameters():
        parameter.data = torch.randn(parameter.shape, generator=draw, dtype=torch.float64)
    net[-1].weight.data.abs_()
    found = ExcitationBackprop().attribute(net, inputs(), TARGETS)

    def zennit(zero_params: list[str] | None) -> Tensor:
        composite = composites.ExcitationBackprop(stabilizer=1e-12, zero_params=zero_params)
        with attribution.Gradient(model=net, composite=composite) as attributor:
            relevance: Tensor = attributor(inputs(), F.one_hot(TARGETS, 3).double())[1]
        return relevance

    torch.testing.assert_close(zennit(["bias"]), found, atol=1e-9, rtol=0)
    assert (zennit(None).flatten(1).sum(1) < 0.97 * found.flatten(1).sum(1)).all()
