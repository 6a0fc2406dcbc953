"""BatchNorm where no layer comes right before it: merged into the next one, against explicit matrices."""

import gc
import weakref
from collections.abc import Callable
from dataclasses import dataclass

import lrp_by_definition as definition
import pytest
import torch
import torch.nn.functional as F
from lrp_networks import NETWORKS, DenseBlock, NormAfterReLU, PreActivation, inputs_for, weighted
from torch import Tensor, nn

from whybench.errors import BadParameter
from whybench.methods.attribution import InputXGradient, Lrp
from whybench.methods.attribution.backpropagation.grammar import Grammar
from whybench.methods.attribution.layer_relevance import relevance_at
from whybench.methods.attribution.lrp import AlphaBeta, Composite, Epsilon, Gamma, WSquare, ZPlus

TARGETS = torch.tensor([0, 2, 1])
RULES: dict[str, tuple[object, Callable[..., Tensor]]] = {
    "epsilon": (Epsilon(), definition.epsilon_rule),
    "z+": (ZPlus(), definition.z_plus),
    "alpha-beta": (AlphaBeta(), definition.alpha2_beta1),
    "gamma": (Gamma(), definition.gamma),
}
LAWS = ("scale", "none")
"""Canonisations that leave the epsilon rule what it is without."""


@dataclass
class Split:
    """A tensor as scaled + shift."""

    scaled: Tensor
    shift: Tensor

    @property
    def value(self) -> Tensor:
        return self.scaled + self.shift

    def after(self, change: Callable[[Tensor], Tensor]) -> "Split":
        """A linear change of both."""
        return Split(change(self.scaled), change(self.shift))

    def rectified(self, canonise: str) -> "Split":
        if canonise == "threshold":
            return Split(torch.maximum(self.scaled, -self.shift), self.shift)
        on = (self.value > 0).to(self.value)
        return Split(on * self.scaled, on * self.shift)


def normed(norm: nn.BatchNorm2d, x: Tensor) -> Split:
    gain = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    shift = norm.bias - norm.running_mean * gain
    return Split(x * gain[:, None, None], shift[:, None, None].expand_as(x))


class Reference:
    """Relevance handed down by explicit matrices: `convolution` at convolutions, by epsilon elsewhere."""

    def __init__(self, convolution: Callable[..., Tensor]) -> None:
        self.convolution = convolution

    def layer(self, read: Split | Tensor, function: Callable[[Tensor], Tensor], upper: Tensor, top: bool) -> Tensor:
        """Below an affine function of `read`, whose shift is part of its bias, position by position."""
        split = Split(read, torch.zeros_like(read)) if isinstance(read, Tensor) else read
        weight, bias = definition.matrix(function, split.scaled)
        bias = bias + weight @ split.shift.flatten()
        return (definition.epsilon_rule if top else self.convolution)(split.scaled, weight, bias, upper)

    def pooled(self, read: Split, pool: Callable[[Tensor], Tensor], upper: Tensor) -> Tensor:
        weight, _ = definition.matrix(pool, read.scaled)
        return definition.epsilon_rule(read.scaled, weight, torch.zeros(len(weight)).double(), upper)


def picked(pool: Callable[[Tensor], Tensor], at: Tensor) -> Tensor:
    """A max pool as a matrix of zeros and ones."""
    return definition.matrix(pool, at)[0]


def apply(matrix: Tensor, shape: torch.Size) -> Callable[[Tensor], Tensor]:
    return lambda values: (matrix @ values.flatten()).reshape(shape)


def dense_block(net: DenseBlock, x: Tensor, upper: Tensor, canonise: str, rule: Reference) -> Tensor:
    stem = net.stem(x).relu()
    kept = F.max_pool2d(stem, 3, 2, 1)
    one = normed(net.norm1, kept).rectified(canonise)
    middle = net.norm2(net.conv1(one.value)).relu()
    out = net.conv2(middle)
    last = normed(net.norm3, torch.cat([kept, out], 1)).rectified(canonise)
    pooled = last.after(lambda values: F.avg_pool2d(values, 2, 1))
    r = rule.layer(pooled, lambda a: net.top(a.flatten(1)), upper, top=True)
    r = rule.pooled(last, lambda a: F.avg_pool2d(a, 2, 1), r)
    to_kept, to_out = r[:, :3], r[:, 3:]
    to_middle = rule.layer(middle, net.conv2, to_out, top=False)
    to_kept = to_kept + rule.layer(one, lambda a: net.norm2(net.conv1(a)), to_middle, top=False)
    to_stem = (to_kept.flatten() @ picked(lambda a: F.max_pool2d(a, 3, 2, 1), stem)).reshape(stem.shape)
    return rule.layer(x, net.stem, to_stem, top=False)


def pre_activation(net: PreActivation, x: Tensor, upper: Tensor, canonise: str, rule: Reference) -> Tensor:
    stem = net.stem(x)
    kept = F.max_pool2d(stem, 2)
    one = normed(net.norm1, kept).rectified(canonise)
    middle = net.norm2(net.conv1(one.value)).relu()
    out = net.conv2(middle)
    last = normed(net.norm3, out + kept).rectified(canonise)

    def mean(a: Tensor) -> Tensor:
        return a.mean((2, 3))

    r = rule.layer(last.after(mean), net.top, upper, top=True)
    r = rule.pooled(last, mean, r)
    to_out, to_kept = definition.added([out, kept], r)
    to_middle = rule.layer(middle, net.conv2, to_out, top=False)
    to_kept = to_kept + rule.layer(one, lambda a: net.norm2(net.conv1(a)), to_middle, top=False)
    to_stem = (to_kept.flatten() @ picked(lambda a: F.max_pool2d(a, 2), stem)).reshape(stem.shape)
    return rule.layer(x, net.stem, to_stem, top=False)


def norm_after_relu(net: NormAfterReLU, x: Tensor, upper: Tensor, canonise: str, rule: Reference) -> Tensor:
    def pool1(a: Tensor) -> Tensor:
        return F.max_pool2d(a, 2, 1)

    def pool2(a: Tensor) -> Tensor:
        return F.max_pool2d(a, 2, 2, 1)

    first = normed(net.norm1, net.conv1(x).relu())
    one = picked(pool1, first.value)
    read = first.after(apply(one, pool1(first.value).shape))
    second = normed(net.norm2, net.conv2(F.pad(read.value, (1, 1, 1, 1))).relu())
    two = picked(pool2, second.value)
    top = second.after(apply(two, pool2(second.value).shape))
    r = rule.layer(top, lambda a: net.top(a.flatten(1)), upper, top=True)
    r = (r.flatten() @ two).reshape(second.scaled.shape)
    r = rule.layer(read, lambda a: net.conv2(F.pad(a, (1, 1, 1, 1))), r, top=False)
    r = (r.flatten() @ one).reshape(first.scaled.shape)
    return rule.layer(x, net.conv1, r, top=False)


BY_HAND: dict[str, Callable[..., Tensor]] = {
    "dense block": dense_block,
    "pre-activation": pre_activation,
    "norm after ReLU": norm_after_relu,
}


@pytest.fixture(params=NETWORKS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("canonise", ["scale", "threshold"])
def test_batch_norm_is_merged_into_the_next_layer(name: str, canonise: str, rule: str) -> None:
    net, x = weighted(NETWORKS[name]()), inputs_for(name)
    own, by_definition = RULES[rule]
    found = Lrp(Composite(convolution=own), canonise=canonise).attribute(net, x, TARGETS)
    for row, target, relevance in zip(x, TARGETS, found, strict=True):
        logits = net(row[None]).detach()
        upper = torch.zeros_like(logits)
        upper[0, target] = logits[0, target]
        expected = BY_HAND[name](net, row[None], upper, canonise, Reference(by_definition))[0].detach()
        torch.testing.assert_close(relevance, expected, atol=1e-9 * float(expected.abs().max()), rtol=1e-9)


@pytest.mark.parametrize("canonise", LAWS)
def test_small_epsilon_is_input_x_gradient(name: str, canonise: str) -> None:
    net, x = weighted(NETWORKS[name]()), inputs_for(name)
    expected = InputXGradient().attribute(net, x, TARGETS)
    found = Lrp("epsilon", epsilon=1e-14, canonise=canonise).attribute(net, x, TARGETS)
    torch.testing.assert_close(found, expected, atol=1e-10 * float(expected.abs().max()), rtol=0)


def test_thresholds_give_relevance_to_what_a_relu_switches_off(name: str) -> None:
    """The published canonisation: units that are off have the value of their threshold and a share of their own."""
    if name == "norm after ReLU":
        pytest.skip("no ReLU reads a BatchNorm here")
    net, x = weighted(NETWORKS[name]()), inputs_for(name)
    expected = InputXGradient().attribute(net, x, TARGETS)
    found = Lrp("epsilon", epsilon=1e-14, canonise="threshold").attribute(net, x, TARGETS)
    assert (found - expected).abs().max() > expected.abs().max()


@pytest.mark.parametrize("canonise", ["scale", "threshold", "none"])
def test_without_biases_relevance_sums_to_the_logit(name: str, canonise: str) -> None:
    net, x = weighted(NETWORKS[name]()), inputs_for(name)
    logit = net(x).gather(1, TARGETS[:, None]).squeeze(1).detach()
    found = Lrp("epsilon", epsilon=1e-14, bias=False, canonise=canonise).attribute(net, x, TARGETS)
    torch.testing.assert_close(found.sum((1, 2, 3)), logit, rtol=1e-8, atol=0)


def test_batch_and_order_do_not_matter(name: str) -> None:
    net, x = weighted(NETWORKS[name]()), inputs_for(name)
    for composite in ("epsilon_plus", "epsilon_gamma_box", "deep_taylor"):
        method = Lrp(composite, low=-4.0, high=4.0)
        whole = method.attribute(net, x, TARGETS)
        alone = torch.cat([method.attribute(net, x[[i]], TARGETS[[i]]) for i in (2, 0, 1)])
        torch.testing.assert_close(whole[[2, 0, 1]], alone, atol=1e-12 * float(whole.abs().max()), rtol=0)


def test_shares_stay_bounded_where_a_constant_cancels_what_it_is_added_to() -> None:
    """x = 10 and BatchNorm's shift -9.99: by itself BatchNorm hands down a thousand times what it gets."""
    net = nn.Sequential(nn.BatchNorm2d(1, eps=0.0), nn.ReLU(), nn.Conv2d(1, 1, 1, bias=False), nn.Flatten())
    net = net.double().eval()
    net[0].bias.data.fill_(-9.99)
    net[2].weight.data.fill_(1.0)
    x = torch.full((1, 1, 1, 1), 10.0, dtype=torch.float64)
    assert net(x).item() == pytest.approx(0.01)
    assert Lrp(canonise="none").attribute(net, x).item() == pytest.approx(10.0, rel=1e-3)
    assert Lrp(canonise="scale").attribute(net, x).item() == pytest.approx(0.01, rel=1e-3)


def test_padding_adds_no_shift() -> None:
    """The known mistake: one bias a channel, as for a convolution without padding."""
    net = weighted(nn.Sequential(nn.BatchNorm2d(2), nn.ReLU(), nn.Conv2d(2, 3, 3, padding=1), nn.Flatten()))
    x = inputs_for("dense block", 1)
    split = normed(net[0], x).rectified("threshold")
    weight, bias = definition.matrix(net[2], x)
    upper = torch.zeros(1, 144, dtype=torch.float64)
    upper[0, 0] = net(x)[0, 0].detach()
    right = definition.z_plus(split.scaled, weight, bias + weight @ split.shift.flatten(), upper)
    a_channel = (net[2].weight.sum((2, 3)) @ split.shift[0, :, 0, 0])[:, None].expand(3, 48).flatten()
    wrong = definition.z_plus(split.scaled, weight, bias + a_channel, upper)
    found = Lrp(canonise="threshold").attribute(net, x, 0)
    torch.testing.assert_close(found, right.detach(), atol=1e-12, rtol=0)
    assert (wrong - right).abs().max() > 0.1 * right.abs().max()


@pytest.mark.parametrize("canonise", ["scale", "threshold", "none"])
def test_relevance_passed_on_at_batch_norm_is_far_off(
    name: str, canonise: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The known mistake, in the epsilon rule, where the right map is input x gradient."""
    net, x = weighted(NETWORKS[name]()), inputs_for(name)
    right = Lrp("epsilon", canonise="none").attribute(net, x, TARGETS)
    monkeypatch.setattr(Grammar, "batch_norm", lambda self, call, *args, **kwargs: self.propagation.activation(call))
    wrong = Lrp("epsilon", canonise=canonise).attribute(net, x, TARGETS)
    assert (wrong - right).abs().max() > 0.5 * right.abs().max()


def test_relevance_passed_on_at_batch_norm_after_convolutions_is_off_by_the_map_s_size_140_times(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The known number, on six convolutions whose BatchNorms hold the statistics of data."""
    draw, blocks = torch.Generator().manual_seed(0), []
    for channels in (2, 4, 4, 4, 4, 4):
        blocks += [nn.Conv2d(channels, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4, momentum=None), nn.ReLU()]
    net = nn.Sequential(*blocks, nn.Flatten(), nn.Linear(4 * 36, 3)).double()
    for weight in net.parameters():
        if weight.ndim > 1:
            values = torch.randn(weight.shape, generator=draw, dtype=torch.float64)
            weight.data = values / weight[0].numel() ** 0.5
    net.train()(torch.randn(64, 2, 6, 6, generator=draw, dtype=torch.float64))
    x = torch.randn(3, 2, 6, 6, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    right = Lrp("epsilon", epsilon=1e-14).attribute(net, x, TARGETS)
    expected = InputXGradient().attribute(net, x, TARGETS)
    torch.testing.assert_close(right, expected, atol=1e-10 * float(expected.abs().max()), rtol=0)
    monkeypatch.setattr(Grammar, "batch_norm", lambda self, call, *args, **kwargs: self.propagation.activation(call))
    wrong = Lrp("epsilon", epsilon=1e-14).attribute(net, x, TARGETS)
    assert (wrong - right).abs().max() > 140 * right.abs().max()


@pytest.mark.parametrize("canonise", ["scale", "threshold", "none"])
def test_nothing_of_the_forward_pass_outlives_it(name: str, canonise: str) -> None:
    """No reference cycle through autograd's graph, which would keep every activation for ever."""
    net, kept = weighted(NETWORKS[name]()), list[weakref.ref[Tensor]]()
    for module in net.modules():
        module.register_forward_hook(lambda _, __, output: kept.append(weakref.ref(output)))
    gc.disable()
    try:
        lrp = Lrp(Composite(ZPlus(), layers={"top": WSquare()}), canonise=canonise)
        relevance_at(net, inputs_for(name), TARGETS, layers=["top"], lrp=lrp)
        assert len(kept) > 5
        assert not any(ref() is not None for ref in kept)
    finally:
        gc.enable()


def test_float32_is_near(name: str) -> None:
    net, x = weighted(NETWORKS[name]()), inputs_for(name)
    expected = Lrp().attribute(net, x, TARGETS)
    found = Lrp().attribute(net.float(), x.float(), TARGETS)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found.double(), expected, atol=1e-3 * float(expected.abs().max()), rtol=0)


def test_the_choice_is_named() -> None:
    with pytest.raises(BadParameter, match="canonise='left'; allowed: scale, threshold, none"):
        Lrp(canonise="left")
