"""PatternNet and PatternAttribution: Kindermans' toy, the estimators, the way back layer by layer, and refusals."""

import itertools
from collections.abc import Callable
from typing import Any

import patterns_by_definition as definition
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from whybench.cases import prepare
from whybench.domains import TabularDomain
from whybench.errors import BadParameter, Unsupported
from whybench.methods.attribution import Gradient, Inverted, Lrp, PatternAttribution, PatternNet
from whybench.methods.attribution.patterns.estimators import linear
from whybench.methods.attribution.patterns.method import PatternMethod, watched
from whybench.methods.attribution.patterns.moments import Regimes
from whybench.methods.attribution.patterns.windows import Windows
from whybench.protocols import Model, Training
from whybench.protocols.asking import wrap
from whybench.streams import Streams

TARGETS = torch.tensor([0, 2, 1, 2])
ESTIMATORS = {"two_component": definition.two_component, "linear": definition.linear}
KINDS = [PatternNet, PatternAttribution]


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def filled(module: nn.Module, seed: int = 1) -> Any:
    """`module` in float64 and eval mode with drawn weights and statistics."""
    generator = torch.Generator().manual_seed(seed)
    for name, tensor in module.double().state_dict().items():
        if tensor.is_floating_point():
            noise = torch.randn(tensor.shape, generator=generator, dtype=torch.float64) / 2
            tensor.copy_(noise.abs() + 0.5 if name.endswith("running_var") else noise)
    return module.eval().requires_grad_(False)


def learned(
    module: nn.Module, training: Tensor, method: PatternMethod | None = None, rows: int = 64
) -> dict[str, Tensor]:
    model = wrap(module, training, domain=TabularDomain(mean=0.0))
    labels = torch.zeros(len(training), dtype=torch.int64)
    taught = Model(model.name, module, model.domain, model.output, training=Training(training, labels))
    return prepare(method or PatternNet(), taught, Streams(0), rows)


# Kindermans' toy: x = s (1, 0) + e (1, 1) and y = s = w.x with w = (1, -1)

SIGNAL, DISTRACTION = torch.tensor([1.0, 0.0]).double(), torch.tensor([1.0, 1.0]).double()
FACTORIAL = torch.tensor(list(itertools.product([-2.0, -1.0, 1.0, 2.0], [-3.0, 0.0, 3.0]))).double()


@pytest.fixture
def toy() -> nn.Linear:
    layer = nn.Linear(2, 1, bias=False, dtype=torch.float64)
    layer.weight.data = torch.tensor([[1.0, -1.0]], dtype=torch.float64)
    return layer


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_the_toy_signal_is_found_where_gradient_and_lrp_show_the_distractor(toy: nn.Linear, estimator: Any) -> None:
    training = FACTORIAL @ torch.stack([SIGNAL, DISTRACTION])
    x = torch.tensor([[5.0, 3.0]]).double()
    assert Gradient().attribute(toy, x).tolist() == [[1.0, -1.0]]
    assert Lrp(epsilon=0.0).attribute(toy, x).tolist() == [[5.0, -3.0]]
    net = PatternNet(estimator).attribute(toy, x, training=training)
    torch.testing.assert_close(net[0], SIGNAL, atol=1e-14, rtol=0)
    shares = PatternAttribution(estimator).attribute(toy, x, training=training)
    torch.testing.assert_close(shares[0], 2 * SIGNAL, atol=1e-14, rtol=0)


def test_the_toy_signal_is_the_limit_of_many_samples(toy: nn.Linear) -> None:
    parts = drawn(40_000, 2)
    found = PatternNet().attribute(toy, torch.ones(1, 2).double(), training=parts @ torch.stack([SIGNAL, DISTRACTION]))
    assert (found[0] - SIGNAL).abs().max() < 4 / 200  # e's correlation with s has deviation 1 / sqrt(40,000)


# Estimators


LAYERS = {
    "linear": (lambda: nn.Linear(5, 3), (9, 5)),
    "tokens": (lambda: nn.Linear(5, 3), (9, 4, 5)),
    "conv": (lambda: nn.Conv2d(2, 3, 3, padding=1), (9, 2, 5, 4)),
    "stride": (lambda: nn.Conv2d(2, 3, (3, 2), stride=(2, 1), padding=(1, 0), bias=False), (9, 2, 6, 5)),
    "dilation": (lambda: nn.Conv2d(2, 3, 2, padding=2, dilation=2), (9, 2, 5, 5)),
    "groups": (lambda: nn.Conv2d(4, 6, 3, groups=2), (9, 4, 5, 4)),
    "depthwise": (lambda: nn.Conv2d(3, 6, 3, groups=3), (9, 3, 5, 4)),
}


class Scored(nn.Module):
    """A layer and a sum of its outputs, which keeps `layer` the first of the forward pass."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x).flatten(1)


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("rows", [1, 4, 64])
@pytest.mark.parametrize("kind", LAYERS)
def test_streaming_is_the_definition_over_all_patches(kind: str, rows: int, estimator: Any) -> None:
    make, shape = LAYERS[kind]
    layer, x = filled(make()), drawn(*shape) + 0.5
    name = "0.linear" if isinstance(layer, nn.Linear) else "0.conv2d"
    found = learned(Scored(layer), x, PatternNet(estimator), rows)
    assert sorted(found) == [f"{name}.active", f"{name}.inactive"]
    for regime, expected in zip(("active", "inactive"), ESTIMATORS[estimator](layer, x), strict=True):
        pattern = found[f"{name}.{regime}"]
        torch.testing.assert_close(pattern, expected, atol=1e-10, rtol=1e-10)
        products = (pattern * layer.weight).flatten(1).sum(1)  # w.a = 1
        torch.testing.assert_close(products, torch.ones_like(products), atol=1e-12, rtol=0)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (nn.Conv1d(2, 4, 3, padding="same", dilation=2, groups=2), (3, 2, 9)),
        (nn.Conv2d(2, 4, (2, 4), padding="same"), (3, 2, 5, 6)),
        (nn.Conv2d(2, 4, 2, padding="valid", stride=2), (3, 2, 5, 6)),
        (nn.Conv3d(2, 4, 2, padding=(1, 0, 1), stride=(1, 2, 1), groups=2), (3, 2, 4, 4, 3)),
    ],
)
@pytest.mark.parametrize("largest", [1, 100, 1 << 20])
@pytest.mark.filterwarnings("ignore:Using padding='same'")
def test_windows_times_weights_are_the_convolution_and_back_its_gradient(
    layer: nn.Module, shape: tuple[int, ...], largest: int
) -> None:
    layer, x = filled(layer), drawn(*shape)
    call = (x, layer.weight, None, layer.stride, layer.padding, layer.dilation, layer.groups)

    class Call:
        args, kwargs = call, {}

    parts = list(Windows.of(Call()).parts(x, largest))  # type: ignore[arg-type]
    owners, read = (torch.cat(list(some)) for some in zip(*parts, strict=True))
    outputs = torch.einsum("mgd,gkd->mgk", read, layer.weight.reshape(layer.groups, -1, read.shape[2])).flatten(1)
    expected = getattr(F, f"conv{x.ndim - 2}d")(*call)
    for i, one in enumerate(expected):
        positions = one.flatten(1).T
        torch.testing.assert_close(outputs[owners == i], positions, atol=1e-12, rtol=0)
    leaf, upper = x.clone().requires_grad_(), drawn(*expected.shape, seed=4)
    (gradient,) = torch.autograd.grad(getattr(F, f"conv{x.ndim - 2}d")(leaf, *call[1:]), leaf, upper)
    adjoint = Windows.of(Call()).adjoint(x.shape, layer.weight, upper)  # type: ignore[arg-type]
    torch.testing.assert_close(adjoint, gradient, atol=1e-12, rtol=0)


def test_parts_are_bounded_by_what_is_computed_of_them_too() -> None:
    layer = filled(nn.Conv2d(1, 64, 1, bias=False))
    (call,) = watched(wrap(nn.Sequential(layer, nn.Flatten()), drawn(1, 1, 300, 300)), drawn(1, 1, 300, 300))
    sizes = [len(patches) for _, patches in call.parts()]
    assert sum(sizes) == 90_000
    assert max(sizes) * 64 <= 1 << 22


def test_large_means_do_not_cancel() -> None:
    """The known mistake, E[x y] - E[x] E[y] from sums: wrong in float32, and in float64 too where means are large."""
    weight, x = drawn(1, 3, 4, seed=3), drawn(400, 1, 4)

    def streamed(read: Tensor) -> Tensor:
        parts = [Regimes.of(part, weight, torch.zeros(1, 3).double()) for part in read.split(50)]
        total = parts[0]
        for part in parts[1:]:
            total = total.merged(part)
        return linear(total, weight)[0][0]

    def summed(read: Tensor) -> Tensor:
        w = weight[0].to(read)
        read = read[:, 0]
        y = read @ w.T
        both = y.T @ read / len(read) - y.mean(0)[:, None] * read.mean(0)
        return (both / (both * w).sum(1, keepdim=True)).double()

    exact = streamed(x)
    torch.testing.assert_close(summed(x), exact, atol=1e-12, rtol=0)
    assert (streamed(x + 1e6) - exact).abs().max() < 1e-8
    assert (summed(x + 1e6) - exact).abs().max() > 1e-6
    assert (summed((x + 1e3).float()) - exact).abs().max() > 1e-2


def test_whether_the_bias_is_in_y_does_not_matter() -> None:
    layer, x = filled(nn.Linear(4, 3)), drawn(30, 4)
    active = learned(layer, x)["0.linear.active"]
    for k in range(3):
        z = layer(x)[:, k]
        on = z > 0
        both = (x[on] * z[on, None]).mean(0) - x[on].mean(0) * z.mean()
        torch.testing.assert_close(active[k], both / (layer.weight[k] @ both), atol=1e-12, rtol=0)


def test_a_regime_that_is_never_entered_has_the_linear_pattern() -> None:
    layer, x = filled(nn.Linear(3, 2)), drawn(20, 3)
    layer.bias.data = torch.tensor([-100.0, 100.0]).double()
    both, plain = learned(layer, x), learned(layer, x, PatternNet("linear"))["0.linear.active"]
    torch.testing.assert_close(both["0.linear.active"], plain, atol=1e-12, rtol=0)
    torch.testing.assert_close(both["0.linear.inactive"], plain, atol=1e-12, rtol=0)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_a_constant_neuron_has_no_pattern(estimator: Any) -> None:
    layer, x = filled(nn.Linear(3, 3)), drawn(20, 3)
    layer.weight.data[0] = 0
    layer.weight.data[1] = torch.tensor([0.0, 0.3, 0.0])
    x[:, 1] = 0.1
    found = learned(layer, x, PatternNet(estimator))
    for regime in ("active", "inactive"):
        assert found[f"0.linear.{regime}"][:2].abs().max() == 0
        assert found[f"0.linear.{regime}"][2].abs().max() > 0


# The way back


class Net(nn.Module):
    """Grouped, strided and depthwise convolutions, BatchNorm after and before, a skip, pools and a hidden layer."""

    def __init__(self, *rectifiers: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.first = nn.Conv2d(2, 4, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(4)
        self.grouped = nn.Conv2d(4, 4, 3, padding=1, groups=2)
        self.lone = nn.BatchNorm2d(4)
        self.depthwise = nn.Conv2d(4, 4, 3, stride=2, padding=1, groups=4)
        self.hidden = nn.Linear(4, 5)
        self.top = nn.Linear(5, 3)
        self.rectifiers = rectifiers
        self.modules_among_them = nn.ModuleList(r for r in rectifiers if isinstance(r, nn.Module))

    def forward(self, x: Tensor) -> Tensor:
        one, two, three = self.rectifiers
        a = one(self.norm(self.first(x)))
        b = two(self.grouped(a) + a)
        c = self.lone(F.max_pool2d(b, 3, 2, 1))
        return self.top(three(self.hidden(self.depthwise(c).mean((2, 3)))))


def made(*rectifiers: Callable[[Tensor], Tensor]) -> Net:
    net: Net = filled(Net(*rectifiers), seed=5)
    return net


def by_layers(net: Net, x: Tensor, training: Tensor, estimator: str, weighted: bool) -> Tensor:
    """The forward pass, then the backward pass, operation by operation."""
    estimate = ESTIMATORS[estimator]
    gain = net.norm.weight / (net.norm.running_var + net.norm.eps).sqrt()
    folded = net.first.weight * gain[:, None, None, None]
    shift = net.norm.bias - net.norm.running_mean * gain
    average = nn.Conv2d(4, 4, (2, 2), groups=4, bias=False).double()
    average.weight.data = torch.full((4, 1, 2, 2), 0.25).double()

    def states(v: Tensor) -> dict[str, Tensor]:
        z1 = F.conv2d(v, folded, shift, padding=1)
        a = z1.relu()
        z2 = net.grouped(a) + a
        b = z2.relu()
        p, switches = F.max_pool2d(b, 3, 2, 1, return_indices=True)
        c = net.lone(p)
        d = net.depthwise(c)
        m = average(d).flatten(1)
        h = net.hidden(m)
        return {
            "x": v,
            "z1": z1,
            "a": a,
            "z2": z2,
            "p": p,
            "i": switches,
            "c": c,
            "d": d,
            "m": m,
            "h": h,
            "r": h.relu(),
        }

    seen, now = states(training), states(x)
    scale = net.lone.weight / (net.lone.running_var + net.lone.eps).sqrt()

    def through(layer: nn.Module, name: str, weight: Tensor | None = None, bias: Tensor | None = None) -> Tensor:
        pattern, _ = estimate(layer, seen[name], weight, bias)
        return pattern * (layer.weight if weight is None else weight) if weighted else pattern

    out = net.top(now["r"])
    relevance = F.one_hot(TARGETS, 3).to(x) * (out if weighted else 1)
    relevance = (relevance @ through(net.top, "r")) * (now["h"] > 0)
    relevance = relevance @ through(net.hidden, "m")
    relevance = relevance[:, :, None, None] * through(average, "d")[:, 0]
    relevance = F.conv_transpose2d(relevance, through(net.depthwise, "c"), stride=2, padding=1, groups=4)
    relevance = relevance * (1 if weighted else 1 / scale[:, None, None])
    flat = torch.zeros_like(now["a"]).flatten(2)
    flat.scatter_add_(2, now["i"].flatten(2), relevance.flatten(2))
    relevance = flat.reshape(now["a"].shape) * (now["z2"] > 0)
    relevance = relevance + F.conv_transpose2d(relevance, through(net.grouped, "a"), padding=1, groups=2)
    relevance = relevance * (now["z1"] > 0)
    return F.conv_transpose2d(relevance, through(net.first, "x", folded, shift), padding=1)


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "rectifiers",
    [
        (nn.ReLU(), nn.ReLU(), nn.ReLU()),
        (F.relu, torch.relu, Tensor.relu),
        (nn.ReLU(inplace=True), F.relu_, lambda x: x.clamp(min=0)),
        (nn.ReLU(),) * 3,
    ],
    ids=["modules", "functional", "in place", "one used three times"],
)
def test_the_way_back_layer_by_layer(rectifiers: tuple[Any, ...], kind: type[PatternMethod], estimator: Any) -> None:
    net, x, training = made(*rectifiers), drawn(4, 2, 5, 5), drawn(30, 2, 5, 5, seed=7)
    expected = by_layers(net, x, training, estimator, kind.weighted)
    found = kind(estimator).attribute(net, x, TARGETS, training=training, batch_size=3)
    torch.testing.assert_close(found, expected, atol=1e-9 * expected.abs().max().item(), rtol=0)


def test_every_call_of_a_layer_has_statistics_of_its_own() -> None:
    class Twice(nn.Module):
        def __init__(self, first: nn.Linear, second: nn.Linear) -> None:
            super().__init__()
            self.first, self.second, self.top = first, second, nn.Linear(4, 3)

        def forward(self, x: Tensor) -> Tensor:
            return self.top(self.second(self.first(x).relu()).relu())

    shared, x, training = nn.Linear(4, 4), drawn(4, 4), drawn(40, 4, seed=2)
    once, twice = filled(Twice(shared, shared)), filled(Twice(nn.Linear(4, 4), nn.Linear(4, 4)))
    for layer in (twice.first, twice.second):
        layer.load_state_dict(shared.state_dict())
    twice.top.load_state_dict(once.top.state_dict())
    found = learned(once, training)
    assert (found["0.linear.active"] - found["1.linear.active"]).abs().max() > 0.1
    for method in (PatternNet(), PatternAttribution()):
        maps = [method.attribute(net, x, TARGETS, training=training) for net in (once, twice)]
        assert torch.equal(*maps)


@pytest.mark.parametrize("kind", KINDS)
def test_an_average_pool_is_a_depthwise_convolution(kind: type[PatternMethod]) -> None:
    convolution = nn.Conv2d(3, 3, 2, stride=2, groups=3, bias=False)
    head = nn.Sequential(nn.Flatten(), nn.Linear(12, 3))
    net = filled(nn.Sequential(nn.Conv2d(2, 3, 3, padding=1), nn.ReLU(), convolution, head))
    convolution.weight.data.fill_(0.25)
    x, training = drawn(4, 2, 4, 4), drawn(30, 2, 4, 4, seed=2)
    expected = kind().attribute(net, x, TARGETS, training=training)
    for pool in (nn.AvgPool2d(2), nn.AdaptiveAvgPool2d(2), nn.AdaptiveAvgPool2d((2, 2))):
        other = nn.Sequential(net[0], net[1], pool, net[3])
        found = kind().attribute(other, x, TARGETS, training=training)
        torch.testing.assert_close(found, expected, atol=1e-10, rtol=1e-10)


def test_without_rectifiers_padding_and_biases_the_shares_sum_to_the_output() -> None:
    net = filled(nn.Sequential(nn.Conv2d(2, 4, 2, bias=False), nn.Flatten(), nn.Linear(64, 3, bias=False)))
    x = drawn(4, 2, 5, 5)
    found = PatternAttribution().attribute(net, x, TARGETS, training=drawn(50, 2, 5, 5, seed=2))
    explained = net(x).gather(1, TARGETS[:, None])[:, 0]
    torch.testing.assert_close(found.sum((1, 2, 3)), explained, atol=1e-10, rtol=1e-10)


def test_the_inverted_control_learns_what_its_method_learns() -> None:
    net, x, training = filled(nn.Linear(4, 3)), drawn(4, 4), drawn(20, 4, seed=2)
    found = Inverted(PatternAttribution()).attribute(net, x, TARGETS, training=training)
    assert torch.equal(found, -PatternAttribution().attribute(net, x, TARGETS, training=training))


def test_one_forward_pass_to_learn_and_one_forth_and_back_to_explain(passes_of: Any, open_query: Any) -> None:
    net, calls = made(F.relu, F.relu, F.relu), []
    handle = net.register_forward_hook(lambda _, __, output: calls.append(len(output)))
    found = learned(net, drawn(7, 2, 5, 5), rows=3)
    assert calls == [1, 3, 3, 1]  # one row to see what the model is
    handle.remove()
    asked = open_query(net, drawn(4, 2, 5, 5), TARGETS, rows=2)
    object.__setattr__(asked, "prepared", found)
    passes = passes_of(PatternNet(), asked)
    assert (passes.forward, passes.backward) == ([2, 2], [2, 2])


# A constant taken off the inputs


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_a_shift_that_the_model_takes_away_first_changes_nothing(kind: type[PatternMethod], estimator: Any) -> None:
    class Shifted(nn.Module):
        def __init__(self, net: nn.Module) -> None:
            super().__init__()
            self.net = net

        def forward(self, x: Tensor) -> Tensor:
            return self.net(x - 0.5)

    net, x, training = made(F.relu, F.relu, F.relu), drawn(4, 2, 5, 5), drawn(30, 2, 5, 5, seed=7)
    before = kind(estimator).attribute(net, x, TARGETS, training=training)
    after = kind(estimator).attribute(Shifted(net), x + 0.5, TARGETS, training=training + 0.5)
    torch.testing.assert_close(after, before, atol=1e-9 * before.abs().max().item(), rtol=0)


def test_a_shift_that_the_bias_takes_up_leaves_linear_patterns_only() -> None:
    layer, shift, training = filled(nn.Linear(4, 3)), drawn(4, seed=9), drawn(40, 4)
    moved = filled(nn.Linear(4, 3))
    moved.weight.data, moved.bias.data = layer.weight, layer.bias - layer.weight @ shift
    before, after = (
        learned(net, inputs, PatternNet("linear"))["0.linear.active"]
        for net, inputs in ((layer, training), (moved, training + shift))
    )
    torch.testing.assert_close(after, before, atol=1e-12, rtol=0)

    y = training @ layer.weight.T
    for k, (old, new) in enumerate(
        zip(
            learned(layer, training)["0.linear.active"],
            learned(moved, training + shift)["0.linear.active"],
            strict=True,
        )
    ):
        on = y[:, k] + layer.bias[k] > 0
        both = (training[on] * y[on, k, None]).mean(0) - training[on].mean(0) * y[:, k].mean()
        drift = both + shift * (y[on, k].mean() - y[:, k].mean())
        torch.testing.assert_close(old, both / (layer.weight[k] @ both), atol=1e-12, rtol=0)
        torch.testing.assert_close(new, drift / (layer.weight[k] @ drift), atol=1e-11, rtol=1e-11)


# Refusals


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        (nn.GELU(), "no rule for 'gelu'"),
        (nn.SiLU(), "no rule for 'silu'"),
        (nn.LeakyReLU(), "for ReLU and ReLU6, not for 'leaky_relu' (in module '1')"),
        (nn.Hardtanh(), "'hardtanh' between -1.0 and 1.0 is no rectifier"),
        (nn.LayerNorm(4), "no rule for 'layer_norm' (in module '1')"),
        (nn.ConvTranspose2d(3, 3, 2), "no rule for 'conv_transpose2d'"),
        (nn.AdaptiveAvgPool2d(3), "no patterns for 'adaptive_avg_pool2d' of (12, 3, 4, 4)"),
        (nn.AvgPool2d(3, ceil_mode=True), "no patterns for 'avg_pool2d'"),
        (nn.Softmax(1), "no rule for 'softmax'"),
    ],
    ids=["gelu", "silu", "leaky relu", "hardtanh", "layer norm", "transposed", "uneven", "ceil mode", "softmax"],
)
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_linear_neuron_is_refused_by_name(
    kind: type[PatternMethod], operation: nn.Module, message: str
) -> None:
    net, x = nn.Sequential(nn.Conv2d(2, 3, 1), operation, nn.Flatten(), nn.LazyLinear(3)).double(), drawn(4, 2, 4, 4)
    net(x)
    filled(net)
    with pytest.raises(Unsupported) as refusal:
        kind().attribute(net, x, TARGETS, training=drawn(12, 2, 4, 4))
    assert message in str(refusal.value)


def test_a_mean_over_something_else_than_positions_is_refused() -> None:
    class Mixed(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.mean(1).flatten(1)

    with pytest.raises(Unsupported, match=r"no patterns for 'mean' of \(4, 2, 3, 3\)"):
        PatternNet().attribute(Mixed(), drawn(4, 2, 3, 3), 0, training=drawn(4, 2, 3, 3))


class Choosing(nn.Module):
    """Which layer runs depends on how many rows there are."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.other = nn.Linear(3, 3), nn.Linear(3, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.one(x) if len(x) > 5 else self.other(x)


def test_patterns_of_other_weights_are_refused() -> None:
    with pytest.raises(Unsupported, match=r"layer 0\.linear ran with other weights on the training data"):
        PatternNet().attribute(filled(Choosing()), drawn(4, 3), TARGETS, training=drawn(9, 3))


def test_parameters_and_needs() -> None:
    with pytest.raises(BadParameter, match="pattern_net: estimator='quadratic'; allowed: two_component, linear"):
        PatternNet("quadratic")  # type: ignore[arg-type]
    with pytest.raises(Unsupported, match="pattern_attribution needs training"):
        PatternAttribution().attribute(filled(nn.Linear(3, 3)), drawn(4, 3), TARGETS)
