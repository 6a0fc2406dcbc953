"""DeepLIFT with the Rescale rule: completeness on everything that runs, and agreement of all ways to write it."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from whybench.domains import ImageDomain
from whybench.errors import BadParameter, Unsupported
from whybench.methods.attribution import DeepLift, GuidedBackprop, InputXGradient, IntegratedGradients, Lrp
from whybench.methods.attribution.backpropagation.rescale import slope
from whybench.protocols import Query

Forward = Callable[[Any, Tensor], Tensor]


class Net(nn.Module):
    """Named parts, and a forward pass written out."""

    def __init__(self, forward: Forward, **parts: nn.Module) -> None:
        super().__init__()
        self.parts = nn.ModuleDict(parts)
        self.written = forward

    def forward(self, x: Tensor) -> Tensor:
        return self.written(SimpleNamespace(**self.parts), x)


def filled(net: nn.Module, seed: int = 0) -> nn.Module:
    """float64 weights and statistics that no global generator decides."""
    draw = torch.Generator().manual_seed(seed)
    for name, value in net.double().state_dict().items():
        if value.is_floating_point():
            noise = torch.randn(value.shape, generator=draw, dtype=torch.float64)
            value.copy_(noise.square() + 0.5 if name.endswith("running_var") else noise / 2)
    return net.eval()


@dataclass
class Way:
    """One network written in several ways that must not matter."""

    parts: Callable[[], dict[str, nn.Module]]
    forwards: tuple[Forward, ...]
    shape: tuple[int, ...] = (2, 7, 5)


def conv(i: int, o: int, **options: Any) -> nn.Conv2d:
    return nn.Conv2d(i, o, 3, padding=1, **options)


def plain(activation: Callable[[Tensor], Tensor]) -> Forward:
    return lambda p, x: p.top(activation(p.two(activation(p.one(x)))).flatten(1))


def cnn() -> dict[str, nn.Module]:
    return {"one": conv(2, 4), "two": conv(4, 3), "top": nn.Linear(3 * 7 * 5, 3)}


def pooled(height: int, width: int, **parts: nn.Module) -> Callable[[], dict[str, nn.Module]]:
    return lambda: {"one": conv(2, 4), "top": nn.Linear(4 * height * width, 3), **parts}


def elementwise(module: nn.Module, *functions: Callable[[Tensor], Tensor]) -> Way:
    return Way(cnn, tuple(plain(f) for f in (module, *functions)))


def in_place(x: Tensor) -> Tensor:
    kept = x + 0
    F.relu(kept, inplace=True)
    return kept


def residual(add: Callable[[Tensor, Tensor], Tensor]) -> Forward:
    def forward(p: Any, x: Tensor) -> Tensor:
        kept = F.relu(p.one(x))
        return p.top(F.relu(add(p.two(kept), p.skip(kept))).mean((2, 3)))

    return forward


def added_in_place(one: Tensor, other: Tensor) -> Tensor:
    one += other
    return one


def attention(p: Any, x: Tensor) -> Tensor:
    tokens = p.embed(x).flatten(2).transpose(1, 2)
    query, key, value = p.mix(tokens).unflatten(2, (3, 2, 2)).permute(2, 0, 3, 1, 4)
    weights = (query @ key.transpose(-2, -1) / 2**0.5).softmax(-1)
    mixed = tokens + (weights @ value).transpose(1, 2).flatten(2)
    return p.top(F.gelu(F.layer_norm(mixed, (4,))).mean(1))


def attention_by_einsum(p: Any, x: Tensor) -> Tensor:
    tokens = p.embed(x).flatten(2).transpose(1, 2)
    query, key, value = p.mix(tokens).unflatten(2, (3, 2, 2)).unbind(2)
    weights = F.softmax(torch.einsum("nihc,njhc->nhij", query, key).div(2**0.5), dim=-1)
    mixed = tokens + torch.einsum("nhij,njhc->nihc", weights, value).flatten(2)
    return p.top(F.gelu(nn.LayerNorm(4, elementwise_affine=False)(mixed)).mean(1))


WAYS = {
    "relu": elementwise(
        nn.ReLU(), F.relu, torch.relu, Tensor.relu, nn.ReLU(inplace=True), in_place, nn.Threshold(0, 0)
    ),
    "relu6": elementwise(nn.ReLU6(), F.relu6, lambda x: x.clamp(0, 6)),
    "leaky relu": elementwise(nn.LeakyReLU(0.2), lambda x: F.leaky_relu(x, 0.2)),
    "gelu": elementwise(nn.GELU(), F.gelu),
    "silu": elementwise(nn.SiLU(), F.silu, nn.SiLU(inplace=True)),
    "sigmoid": elementwise(nn.Sigmoid(), torch.sigmoid, Tensor.sigmoid),
    "tanh": elementwise(nn.Tanh(), torch.tanh, Tensor.tanh_),
    "softplus": elementwise(nn.Softplus(), F.softplus),
    "elu": elementwise(nn.ELU(), F.elu),
    "hardswish": elementwise(nn.Hardswish(), F.hardswish),
    "square": elementwise(lambda x: x**2, torch.square, lambda x: x * x),
    "residual": Way(
        lambda: {"one": conv(2, 4), "two": conv(4, 4), "skip": nn.Conv2d(4, 4, 1), "top": nn.Linear(4, 3)},
        (residual(torch.add), residual(lambda a, b: a + b), residual(added_in_place)),
    ),
    "relu, then overlapping max pool": Way(
        pooled(4, 3),
        (
            lambda p, x: p.top(nn.MaxPool2d(3, 2, 1)(nn.ReLU()(p.one(x))).flatten(1)),
            lambda p, x: p.top(F.max_pool2d(F.relu(p.one(x)), 3, 2, 1).flatten(1)),
            lambda p, x: p.top(F.max_pool2d(F.relu(p.one(x)), 3, 2, 1, return_indices=True)[0].flatten(1)),
            lambda p, x: p.top(F.relu(F.max_pool2d(F.relu(p.one(x)), 3, 2, 1)).flatten(1)),
        ),
    ),
    "global max": Way(
        pooled(1, 1),
        (
            lambda p, x: p.top(nn.AdaptiveMaxPool2d(1)(F.relu(p.one(x))).flatten(1)),
            lambda p, x: p.top(torch.adaptive_max_pool1d(F.relu(p.one(x)).flatten(2), 1)[0].flatten(1)),
            lambda p, x: p.top(F.adaptive_max_pool2d(F.relu(p.one(x)), 1, return_indices=True)[0].flatten(1)),
            lambda p, x: p.top(F.relu(p.one(x)).amax((2, 3))),
            lambda p, x: p.top(F.relu(p.one(x)).flatten(2).max(2)[0]),
            lambda p, x: p.top(-(-F.relu(p.one(x))).flatten(2).min(2).values),
        ),
    ),
    "maximum of two": Way(
        pooled(7, 5, two=conv(2, 4)),
        (
            lambda p, x: p.top(torch.maximum(p.one(x), p.two(x)).flatten(1)),
            lambda p, x: p.top(torch.stack([p.one(x), p.two(x)]).amax(0).flatten(1)),
            lambda p, x: p.top(-torch.minimum(-p.one(x), -p.two(x)).flatten(1)),
        ),
    ),
    "average pool": Way(
        pooled(3, 2),
        (
            lambda p, x: p.top(nn.AvgPool2d(2)(F.relu(p.one(x))).flatten(1)),
            lambda p, x: p.top(F.avg_pool2d(F.relu(p.one(x)), 2).flatten(1)),
        ),
    ),
    "batch norm": Way(
        pooled(7, 5, norm=nn.BatchNorm2d(4)),
        (
            lambda p, x: p.top(F.relu(p.norm(p.one(x))).flatten(1)),
            lambda p, x: p.top(
                F.relu(
                    F.batch_norm(
                        p.one(x), p.norm.running_mean, p.norm.running_var, p.norm.weight, p.norm.bias, eps=p.norm.eps
                    )
                ).flatten(1)
            ),
        ),
    ),
    "grouped and depthwise": Way(
        pooled(4, 5, wide=conv(4, 8, groups=4), narrow=conv(8, 4, groups=2, stride=(2, 1), bias=False)),
        (
            lambda p, x: p.top(nn.ReLU()(p.narrow(nn.ReLU()(p.wide(p.one(x))))).flatten(1)),
            lambda p, x: p.top(
                F.relu(F.conv2d(F.relu(p.wide(p.one(x))), p.narrow.weight, stride=(2, 1), padding=1, groups=2)).flatten(
                    1
                )
            ),
        ),
    ),
    "layer norm": Way(
        pooled(7, 5, norm=nn.LayerNorm((4, 7, 5))),
        (
            lambda p, x: p.top(F.gelu(p.norm(p.one(x))).flatten(1)),
            lambda p, x: p.top(F.gelu(F.layer_norm(p.one(x), (4, 7, 5), p.norm.weight, p.norm.bias)).flatten(1)),
        ),
    ),
    "group norm": Way(
        pooled(7, 5, norm=nn.GroupNorm(2, 4)),
        (
            lambda p, x: p.top(F.silu(p.norm(p.one(x))).flatten(1)),
            lambda p, x: p.top(F.silu(F.group_norm(p.one(x), 2, p.norm.weight, p.norm.bias)).flatten(1)),
        ),
    ),
    "instance norm": Way(
        pooled(7, 5, norm=nn.InstanceNorm2d(4, affine=True)),
        (
            lambda p, x: p.top(F.relu(p.norm(p.one(x))).flatten(1)),
            lambda p, x: p.top(F.relu(F.group_norm(p.one(x), 4, p.norm.weight, p.norm.bias)).flatten(1)),
        ),
    ),
    "rms norm": Way(
        pooled(7, 5, norm=nn.RMSNorm(5)),
        (
            lambda p, x: p.top(F.relu(p.norm(p.one(x))).flatten(1)),
            lambda p, x: p.top(F.relu(F.rms_norm(p.one(x), (5,), p.norm.weight)).flatten(1)),
        ),
    ),
    "softmax": Way(
        pooled(7, 5),
        (
            lambda p, x: nn.Softmax(1)(p.top(F.relu(p.one(x)).flatten(1))),
            lambda p, x: F.log_softmax(p.top(F.relu(p.one(x)).flatten(1)), -1).exp(),
            lambda p, x: (lambda z: (z - z.logsumexp(1, keepdim=True)).exp())(p.top(F.relu(p.one(x)).flatten(1))),
            lambda p, x: (lambda z: (z - torch.logsumexp(z, (1,))[:, None]).exp())(p.top(F.relu(p.one(x)).flatten(1))),
        ),
    ),
    "gate": Way(
        pooled(7, 5, two=conv(2, 4)),
        (
            lambda p, x: p.top((p.one(x) * p.two(x).sigmoid()).flatten(1)),
            lambda p, x: p.top(p.one(x).mul_(torch.sigmoid(p.two(x))).flatten(1)),
            lambda p, x: p.top((p.two(x).sigmoid() * p.one(x)).flatten(1)),
        ),
    ),
    "division": Way(
        pooled(7, 5, two=conv(2, 1)),
        (
            lambda p, x: p.top((p.one(x) / (1 + p.two(x).exp())).flatten(1)),
            lambda p, x: p.top((p.one(x) * (1 / (1 + p.two(x).exp()))).flatten(1)),
            lambda p, x: p.top((p.one(x) * (p.two(x).exp() + 1).reciprocal()).flatten(1)),
        ),
    ),
    "attention": Way(
        lambda: {"embed": nn.Conv2d(2, 4, 2, 2), "mix": nn.Linear(4, 12), "top": nn.Linear(4, 3)},
        (attention, attention_by_einsum),
    ),
    "in-place dropout": Way(
        cnn, (plain(F.relu), lambda p, x: plain(lambda z: F.relu(nn.Dropout(inplace=True).eval()(z)))(p, x))
    ),
}
TARGETS = torch.tensor([0, 2, 1])


def points(shape: tuple[int, ...], seed: int = 1) -> tuple[Tensor, Tensor]:
    """Three inputs and one baseline; a third of each input's values are those of the baseline."""
    draw = torch.Generator().manual_seed(seed)
    x = torch.randn(3, *shape, generator=draw, dtype=torch.float64)
    base = torch.randn(shape, generator=draw, dtype=torch.float64) / 2
    return torch.where(torch.rand(3, *shape, generator=draw) < 1 / 3, base, x), base


def gap(net: nn.Module, relevance: Tensor, x: Tensor, base: Tensor) -> float:
    """How far the sums are from f(x) - f(b)."""
    with torch.no_grad():
        rows = torch.arange(len(x))
        change = net(x.clone())[rows, TARGETS] - net(base[None].clone())[0, TARGETS]
    return (relevance.flatten(1).sum(1) - change).abs().max().item()


@pytest.mark.parametrize("zero", [False, True], ids=["baseline", "zero"])
@pytest.mark.parametrize("name", WAYS)
def test_sums_to_the_change_of_the_output_however_the_network_is_written(name: str, zero: bool) -> None:
    way = WAYS[name]
    x, base = points(way.shape)
    base = torch.zeros_like(base) if zero else base
    maps = []
    for forward in way.forwards:
        net = filled(Net(forward, **way.parts()))
        relevance = DeepLift().attribute(net, x, TARGETS, baseline=base)
        assert gap(net, relevance, x, base) <= 1e-10
        assert relevance.abs().max() > 1e-3
        maps.append(relevance)
    for one, other in pairwise(maps):
        torch.testing.assert_close(one, other, atol=1e-10, rtol=0)


@pytest.mark.parametrize("name", WAYS)
def test_a_sample_does_not_depend_on_its_company(name: str) -> None:
    way = WAYS[name]
    x, base = points(way.shape)
    net = filled(Net(way.forwards[0], **way.parts()))
    together = DeepLift().attribute(net, x, TARGETS, baseline=base)
    order = torch.tensor([2, 0, 1])
    shuffled = DeepLift().attribute(net, x[order], TARGETS[order], baseline=base, batch_size=2)
    torch.testing.assert_close(shuffled, together[order], atol=1e-12, rtol=0)
    alone = DeepLift().attribute(net, x[1:2], TARGETS[1:2], baseline=base)
    torch.testing.assert_close(alone, together[1:2], atol=1e-12, rtol=0)


@pytest.mark.parametrize("name", WAYS)
def test_near_the_baseline_it_is_the_gradient(name: str) -> None:
    """Every rule tends to the derivative, so that a tiny step from b gives gradient times step."""
    way = WAYS[name]
    _, base = points(way.shape)
    net = filled(Net(way.forwards[0], **way.parts()))
    step = 1e-7 * torch.randn(3, *way.shape, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    leaf = base.expand_as(step).clone().requires_grad_()
    (gradient,) = torch.autograd.grad(net(leaf.clone())[torch.arange(3), TARGETS].sum(), leaf)
    relevance = DeepLift().attribute(net, base + step, TARGETS, baseline=base)
    torch.testing.assert_close(relevance / step, gradient, atol=1e-5, rtol=1e-5)


def bias_free(pool: nn.Module) -> nn.Module:
    layers = [conv(2, 4, bias=False), nn.ReLU(), pool, conv(4, 4, bias=False), nn.ReLU(), nn.Flatten()]
    return filled(nn.Sequential(*layers, nn.Linear(4 * 3 * 2, 3, bias=False)))


@pytest.mark.parametrize("pool", [nn.MaxPool2d(2), nn.AvgPool2d(2)], ids=["max", "average"])
def test_without_biases_it_is_input_times_gradient_and_lrp_0(pool: nn.Module) -> None:
    net = bias_free(pool)
    x, _ = points((2, 7, 5))
    found = DeepLift().attribute(net, x, TARGETS)
    for other in (InputXGradient(), Lrp(composite="epsilon", epsilon=0.0)):
        torch.testing.assert_close(found, other.attribute(net, x, TARGETS), atol=1e-10, rtol=0)


def test_on_an_affine_network_it_is_integrated_gradients_and_weight_times_change() -> None:
    parts = [conv(2, 4), nn.BatchNorm2d(4), nn.AvgPool2d(2), nn.Flatten(), nn.Dropout(), nn.Linear(4 * 3 * 2, 3)]
    net = filled(nn.Sequential(*parts))
    x, base = points((2, 7, 5))
    (jacobian,) = torch.autograd.functional.jacobian(lambda v: net(v[None])[0], (base,))
    found = DeepLift().attribute(net, x, TARGETS, baseline=base)
    torch.testing.assert_close(found, jacobian[TARGETS] * (x - base), atol=1e-10, rtol=0)
    other = IntegratedGradients(steps=3).attribute(net, x, TARGETS, baseline=base)
    torch.testing.assert_close(found, other, atol=1e-10, rtol=0)


def by_definition(layers: nn.Sequential, x: Tensor, base: Tensor, target: int) -> Tensor:
    """Multipliers of every layer as an explicit matrix, multiplied up; (inputs,) for one input."""
    one, other, total = x.double(), base.double(), torch.eye(x.numel(), dtype=torch.float64)
    for layer in layers:
        y, y_base = layer(one[None])[0], layer(other[None])[0]
        before, after, was = one.flatten().tolist(), y.flatten(), y_base.flatten()
        m = torch.zeros(y.numel(), one.numel(), dtype=torch.float64)
        if isinstance(layer, nn.MaxPool2d):
            side, (channels, height, width) = layer.kernel_size, one.shape
            position = torch.arange(one.numel()).reshape(channels, height, width)
            for k, (c, i, j) in enumerate(torch.cartesian_prod(*(torch.arange(n) for n in y.shape)).tolist()):
                window = position[c, i * side : (i + 1) * side, j * side : (j + 1) * side].flatten().tolist()
                values = one if after[k] >= was[k] else other
                winner = max(window, key=lambda p: values.flatten()[p].item())
                change = one.flatten()[winner] - other.flatten()[winner]
                m[k, winner] = 1.0 if change == 0 else (after[k] - was[k]) / change
        elif isinstance(layer, nn.Conv2d | nn.Linear | nn.Flatten):
            zero = layer(torch.zeros_like(one)[None]).flatten()
            for i in range(one.numel()):
                unit = torch.zeros(one.numel(), dtype=torch.float64)
                unit[i] = 1
                m[:, i] = layer(unit.reshape(one.shape)[None]).flatten() - zero
        else:
            for i, z in enumerate(before):
                change = z - other.flatten()[i]
                point = torch.tensor(z, dtype=torch.float64, requires_grad=True)
                (derivative,) = torch.autograd.grad(layer(point), point)
                m[i, i] = derivative if abs(change) < 1e-10 else (after[i] - was[i]) / change
        total, one, other = m @ total, y, y_base
    return total[target] * (x - base).flatten()


@pytest.mark.parametrize("activation", [nn.ReLU(), nn.Tanh(), nn.GELU()], ids=["relu", "tanh", "gelu"])
def test_explicit_multipliers_layer_by_layer(activation: nn.Module) -> None:
    layers = [nn.Conv2d(2, 3, 3), activation, nn.MaxPool2d(2), nn.Flatten(), nn.Linear(6, 5), activation]
    net = filled(nn.Sequential(*layers, nn.Linear(5, 3)))
    assert isinstance(net, nn.Sequential)
    x, base = points((2, 6, 5))
    found = DeepLift().attribute(net, x, TARGETS, baseline=base)
    for i, target in enumerate(TARGETS.tolist()):
        expected = by_definition(net.requires_grad_(False), x[i], base, target).reshape(2, 6, 5)
        torch.testing.assert_close(found[i], expected, atol=1e-10, rtol=0)


def test_the_quotient_where_both_differences_are_tiny() -> None:
    """A plain quotient of rounding errors is wrong by half; the derivative halfway is right."""
    x, base = torch.tensor([1 + 3e-16, 0.0], dtype=torch.float64), torch.tensor([1.0, 2e-16], dtype=torch.float64)
    found = slope(torch.sigmoid, x, torch.sigmoid(x), base)
    half = torch.sigmoid(torch.ones((), dtype=torch.float64))
    torch.testing.assert_close(found, torch.stack([half * (1 - half), torch.tensor(0.25).double()]), atol=1e-12, rtol=0)
    naive = (torch.sigmoid(x) - torch.sigmoid(base)) / (x - base)
    assert (naive - found).abs().max() > 0.05


def test_a_rectifier_keeps_its_quotient_however_near_the_kink() -> None:
    x = torch.tensor([[6 + 2**-40, 2**-60, 3.0, 0.0]], dtype=torch.float64)
    base = torch.tensor([[6 - 2**-40, -(2**-60), 3.0, 0.0]], dtype=torch.float64)
    net = nn.ReLU6()
    ratio = torch.tensor([[0.5, 0.5, 1.0, 0.0]], dtype=torch.float64)
    assert torch.equal(slope(net, x, net(x), base, straight=True), ratio)


def test_tiny_inputs_of_a_steep_function_keep_their_quotient() -> None:
    x, base = torch.tensor([1e-9], dtype=torch.float64), torch.tensor([1e-8], dtype=torch.float64)
    expected = torch.log(torch.tensor(10.0, dtype=torch.float64)) / 9e-9
    torch.testing.assert_close(slope(torch.log, x, x.log(), base), expected[None], rtol=1e-10, atol=0)


@pytest.mark.parametrize("far", [40.0, 2000.0])
def test_softmax_of_logits_that_lie_far_apart(far: float) -> None:
    net = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Softmax(1)).double()
    net[0].weight.data = torch.eye(2, dtype=torch.float64)
    x = torch.tensor([[far, -far]], dtype=torch.float64)
    base = torch.tensor([-far, far], dtype=torch.float64)
    relevance = DeepLift().attribute(net, x, 0, baseline=base)
    assert torch.isfinite(relevance).all()
    assert abs(relevance.sum().item() - 1) <= 1e-10


def test_masked_attention_weights() -> None:
    """-inf where a mask forbids; those places get and give nothing."""
    mask = torch.tensor([[0.0, float("-inf")], [0.0, 0.0]], dtype=torch.float64)
    net = Net(lambda p, x: (x[:, None] * x[:, :, None] + mask).softmax(-1).flatten(1))
    x, base = torch.tensor([[1.0, 2.0]] * 3, dtype=torch.float64), torch.tensor([0.5, -1.0], dtype=torch.float64)
    targets = torch.tensor([2, 2, 2])
    relevance = DeepLift().attribute(net, x, targets, baseline=base)
    change = net(x)[0, 2] - net(base[None])[0, 2]
    assert abs(relevance[0].sum() - change) <= 1e-10


class Opaque(torch.autograd.Function):
    @staticmethod
    def forward(ctx: object, x: Tensor) -> Tensor:
        return x * 2

    @staticmethod
    def backward(ctx: object, upper: Tensor) -> Tensor:
        return upper * 2


def without_gradient(x: Tensor) -> Tensor:
    with torch.no_grad():
        return x.tanh()


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        (lambda x: x * (x > 0), "'mul' reads a value without a gradient"),
        (lambda x: torch.where(x > 0, x, 0 * x), "'where' reads a value without a gradient"),
        (lambda x: x * x.detach(), "'mul' reads a value without a gradient"),
        (lambda x: x.relu() if x.sum() > 0 else x.tanh(), "runs 'relu' on its input where it runs 'tanh'"),
        (lambda x: x.cumprod(1), "DeepLIFT has no rule for 'cumprod'"),
        (lambda x: F.normalize(x), "DeepLIFT has no rule for 'normalize'"),
        (lambda x: F.scaled_dot_product_attention(x, x, x), "no rule for 'scaled_dot_product_attention'"),
        (lambda x: x.pow(x.square()), "no rule for 'pow' of several input-dependent tensors"),
        (
            lambda x: F.batch_norm(x.expand(2, *x.shape), None, None, training=True)[0],
            "normalises by the batch at hand",
        ),
        (lambda x: F.dropout(x, training=True), "drops values at random"),
        (without_gradient, "'tanh' runs where gradients are switched off"),
        (lambda x: Opaque.apply(x + 0), "gradients are switched off (torch.no_grad, a custom autograd function)"),
    ],
    ids=[
        "mask",
        "where",
        "detach",
        "branch",
        "cumprod",
        "normalize",
        "sdpa",
        "pow",
        "bn",
        "dropout",
        "no grad",
        "custom",
    ],
)
def test_what_has_no_rule_is_refused_by_name(operation: Callable[[Tensor], Tensor], message: str) -> None:
    net = filled(Net(lambda p, x: p.top(operation(x)), top=nn.Linear(4, 3)))
    x = torch.linspace(0.2, 3.0, 12, dtype=torch.float64).reshape(3, 4)
    base = -torch.ones(4, dtype=torch.float64)
    with pytest.raises(Unsupported) as refusal:
        DeepLift().attribute(net, x, TARGETS, baseline=base)
    assert message in str(refusal.value)


def test_a_mask_that_is_the_same_at_input_and_baseline_is_a_constant() -> None:
    net = filled(Net(lambda p, x: p.top(x * (x.abs() < 100)), top=nn.Linear(4, 3)))
    x, base = points((4,))
    assert gap(net, DeepLift().attribute(net, x, TARGETS, baseline=base), x, base) <= 1e-10


def test_two_passes_forward_and_one_back(open_query: Callable[..., Query], passes_of: Callable[..., Any]) -> None:
    net = filled(Net(WAYS["relu"].forwards[0], **cnn()))
    x, _ = points((2, 7, 5))
    passes = passes_of(DeepLift(), open_query(net, x, TARGETS, rows=2))
    assert (passes.forward, passes.backward) == ([2, 2, 1, 1], [2, 1])


def test_the_baseline_is_the_domains_or_an_infill() -> None:
    net = filled(Net(WAYS["relu"].forwards[0], **cnn()))
    x, base = points((2, 7, 5))
    domain = ImageDomain(mean=0.3, baseline=base)
    by_mean = DeepLift(baseline="mean").attribute(net, x, TARGETS, domain=domain)
    assert torch.equal(by_mean, DeepLift().attribute(net, x, TARGETS, baseline=0.3))
    own = DeepLift().attribute(net, x, TARGETS, domain=domain)
    assert torch.equal(own, DeepLift().attribute(net, x, TARGETS, baseline=base))


def test_an_input_at_the_baseline_gets_nothing() -> None:
    net = filled(Net(WAYS["attention"].forwards[0], **WAYS["attention"].parts()))
    _, base = points((2, 7, 5))
    assert (DeepLift().attribute(net, base.expand(3, 2, 7, 5), TARGETS, baseline=base) == 0).all()


def test_in_place_dropout_does_not_go_round_in_circles() -> None:
    """A tensor that stands for itself was looked up without end."""
    net = filled(nn.Sequential(nn.Linear(4, 4), nn.Dropout(inplace=True), nn.ReLU(), nn.Linear(4, 3)))
    plain_net = nn.Sequential(net[0], net[2], net[3])
    x, _ = points((4,))
    for method in (GuidedBackprop(), DeepLift()):
        assert torch.equal(method.attribute(net, x, TARGETS), method.attribute(plain_net, x, TARGETS))


def test_bad_parameters() -> None:
    with pytest.raises(BadParameter, match="deep_lift: rule='reveal'; allowed: rescale, reveal_cancel"):
        DeepLift(rule="reveal")  # type: ignore[arg-type]
