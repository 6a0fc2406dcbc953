"""LRP of whole networks: against a reference by explicit matrices, and the laws that hold exactly."""

import gc
import weakref
from collections.abc import Callable

import lrp_by_definition as definition
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from whybench.errors import BadParameter, Unsupported
from whybench.methods.attribution import InputXGradient, Lrp
from whybench.methods.attribution.backpropagation.grammar import Grammar
from whybench.protocols import AttributionMethod

COMPOSITES = ("epsilon", "epsilon_plus", "epsilon_gamma_box", "epsilon_alpha2_beta1_flat", "deep_taylor")
BOUNDS = -3.0, 3.0
Passes = Callable[[AttributionMethod, object], object]


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def weighted(module: nn.Module, seed: int = 0) -> nn.Module:
    """`module` in float64 and eval mode, with seeded weights and BatchNorm statistics of ordinary size."""
    draw = generator(seed)
    for name, tensor in [*module.named_parameters(), *module.named_buffers()]:
        if tensor.is_floating_point():
            fan = tensor[0].numel() if tensor.ndim > 1 else 4
            values = torch.randn(tensor.shape, generator=draw, dtype=torch.float64) / fan**0.5
            tensor.data = values.abs() + 0.1 if name.endswith("running_var") else values
    return module.double().eval()


class Residual(nn.Module):
    """BatchNorm, an in-place skip, in-place and functional ReLU, overlapping max pool, one Linear used twice."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(2, 3, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(3)
        self.branch = nn.Conv2d(3, 3, 3, padding=1)
        self.branch_norm = nn.BatchNorm2d(3)
        self.relu = nn.ReLU(inplace=True)
        self.twice = nn.Linear(12, 12)
        self.top = nn.Linear(12, 3)

    def forward(self, x: Tensor) -> Tensor:
        kept = self.relu(self.norm(self.stem(x)))
        out = self.branch_norm(self.branch(kept))
        out += kept
        out = F.max_pool2d(F.relu(out), 3, 2, 1)
        out = F.avg_pool2d(out, 2, 1).flatten(1)
        out = F.relu(self.twice(F.dropout(out, training=False)))
        return self.top(torch.relu(self.twice(out)))


def by_definition(net: Residual, x: Tensor, target: int, composite: str) -> Tensor:
    """One sample's relevance, layer by layer with explicit matrices."""

    def layer(a: Tensor, function: Callable[[Tensor], Tensor], upper: Tensor, kind: str) -> Tensor:
        weight, bias = definition.matrix(function, a)
        low, high = (torch.full_like(a, bound) for bound in BOUNDS)
        rules = {
            "epsilon": lambda: definition.epsilon_rule(a, weight, bias, upper),
            "z+": lambda: definition.z_plus(a, weight, bias, upper),
            "alpha-beta": lambda: definition.alpha2_beta1(a, weight, bias, upper),
            "gamma": lambda: definition.gamma(a, weight, bias, upper),
            "zB": lambda: definition.z_box(a, weight, upper, low, high),
            "flat": lambda: definition.flat(a, weight, upper),
        }
        return rules[kind]()

    first, convolution, linear, sums = {
        "epsilon": ("epsilon", "epsilon", "epsilon", "epsilon"),
        "epsilon_plus": ("z+", "z+", "epsilon", "epsilon"),
        "epsilon_gamma_box": ("zB", "gamma", "epsilon", "epsilon"),
        "epsilon_alpha2_beta1_flat": ("flat", "alpha-beta", "epsilon", "epsilon"),
        "deep_taylor": ("zB", "z+", "z+", "z+"),
    }[composite]
    kept = net.norm(net.stem(x)).relu()
    branch = net.branch_norm(net.branch(kept))
    joined = (branch + kept).relu()
    pooled = F.max_pool2d(joined, 3, 2, 1)
    h0 = F.avg_pool2d(pooled, 2, 1).flatten(1)
    h1 = net.twice(h0).relu()
    h2 = net.twice(h1).relu()
    out = net.top(h2)

    r = torch.zeros_like(out)
    r[0, target] = out[0, target]
    r = layer(h2, net.top, r, linear)
    r = layer(h1, net.twice, r, linear)
    r = layer(h0, net.twice, r, linear)
    r = layer(pooled, lambda a: F.avg_pool2d(a, 2, 1), r, sums)
    winners, _ = definition.matrix(lambda a: F.max_pool2d(a, 3, 2, 1), joined)
    r = (r.flatten() @ winners).reshape(joined.shape)
    parts = [part.clamp(min=0) for part in (branch, kept)] if sums == "z+" else [branch, kept]
    to_branch, to_kept = definition.added(parts, r)
    to_kept = to_kept + layer(kept, lambda a: net.branch_norm(net.branch(a)), to_branch, convolution)
    return layer(x, lambda a: net.norm(net.stem(a)), to_kept, first)


@pytest.fixture
def residual() -> Residual:
    net = weighted(Residual())
    assert isinstance(net, Residual)
    return net


@pytest.fixture
def x() -> Tensor:
    return torch.randn(3, 2, 6, 6, generator=generator(5), dtype=torch.float64).clamp(*BOUNDS)


TARGETS = torch.tensor([0, 2, 1])


@pytest.mark.parametrize("composite", COMPOSITES)
def test_composites_are_their_definitions(composite: str, residual: Residual, x: Tensor) -> None:
    relevance = Lrp(composite, low=BOUNDS[0], high=BOUNDS[1]).attribute(residual, x, TARGETS)
    for row, target, found in zip(x, TARGETS.tolist(), relevance, strict=True):
        expected = by_definition(residual, row[None], target, composite)[0]
        torch.testing.assert_close(found, expected.detach(), atol=1e-9, rtol=1e-9)


@pytest.mark.parametrize("composite", COMPOSITES)
def test_batch_and_order_do_not_matter(composite: str, residual: Residual, x: Tensor) -> None:
    method = Lrp(composite, low=list(BOUNDS[:1]) * 2, high=BOUNDS[1])
    whole = method.attribute(residual, x, TARGETS)
    alone = torch.cat([method.attribute(residual, x[i : i + 1], TARGETS[i : i + 1]) for i in (2, 0, 1)])
    torch.testing.assert_close(whole[[2, 0, 1]], alone, atol=1e-12, rtol=0)
    torch.testing.assert_close(method.attribute(residual, x, TARGETS, batch_size=2), whole, atol=1e-12, rtol=0)


def test_one_pass_forward_and_one_back(
    residual: Residual, x: Tensor, open_query: Callable[..., object], passes_of: Callable[..., object]
) -> None:
    for composite in COMPOSITES:
        passes = passes_of(Lrp(composite, low=BOUNDS[0], high=BOUNDS[1]), open_query(residual, x, TARGETS, rows=2))
        assert (passes.forward, passes.backward) == ([2, 1], [2, 1])


def plain(activation: nn.Module, pool: nn.Module, bias: bool) -> nn.Module:
    return weighted(
        nn.Sequential(
            nn.Conv2d(2, 4, 3, padding=1, bias=bias),
            activation,
            pool,
            nn.Conv2d(4, 6, 3, bias=bias),
            activation,
            nn.Flatten(),
            nn.Linear(6, 5, bias=bias),
            activation,
            nn.Linear(5, 3, bias=bias),
        )
    )


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("pool", [nn.MaxPool2d(2), nn.AvgPool2d(2)], ids=["max", "average"])
@pytest.mark.parametrize("activation", [nn.ReLU(), nn.LeakyReLU(0.2)], ids=["relu", "leaky"])
def test_small_epsilon_is_input_x_gradient(activation: nn.Module, pool: nn.Module, bias: bool, x: Tensor) -> None:
    net = plain(activation, pool, bias)
    expected = InputXGradient().attribute(net, x, TARGETS)
    assert expected.abs().max() > 1e-3
    relevance = Lrp("epsilon", epsilon=1e-13).attribute(net, x, TARGETS)
    torch.testing.assert_close(relevance, expected, atol=1e-10, rtol=0)


def test_small_epsilon_is_input_x_gradient_with_skips_batch_norm_and_constants(residual: Residual, x: Tensor) -> None:
    net = nn.Sequential(Shift(-0.3), residual)
    expected = InputXGradient().attribute(net, x, TARGETS)
    torch.testing.assert_close(
        Lrp("epsilon", epsilon=1e-13).attribute(net, x, TARGETS),
        expected,
        atol=1e-10 * float(expected.abs().max()),
        rtol=0,
    )


def test_relu6_passes_relevance_on_where_it_is_saturated() -> None:
    """There the gradient is 0 and so is input x gradient, but the output 6 still has a cause."""
    net = nn.Sequential(nn.Linear(2, 1, bias=False), nn.ReLU6(), nn.Linear(1, 1, bias=False)).double()
    net[0].weight.data = torch.tensor([[2.0, 6.0]], dtype=torch.float64)
    net[2].weight.data = torch.tensor([[3.0]], dtype=torch.float64)
    x = torch.ones(1, 2, dtype=torch.float64)
    assert InputXGradient().attribute(net, x, 0).tolist() == [[0.0, 0.0]]
    assert Lrp("epsilon", epsilon=0.0).attribute(net, x, 0).tolist() == [[4.5, 13.5]]


@pytest.mark.parametrize("composite", COMPOSITES)
@pytest.mark.parametrize("pool", [nn.MaxPool2d(3, 2, 1), nn.AvgPool2d(2)], ids=["max", "average"])
def test_relevance_sums_to_the_logit_without_biases(composite: str, pool: nn.Module, x: Tensor) -> None:
    """The stabilisers' 1e-6 is all that is lost; outputs of at least one product of either sign are what it takes."""
    net = plain(nn.ReLU(), pool, bias=False)
    for parameter in net.parameters():
        parameter.data *= 10
    logit = net(x).gather(1, TARGETS[:, None]).squeeze(1)
    relevance = Lrp(composite, low=BOUNDS[0], high=BOUNDS[1]).attribute(net, x, TARGETS)
    torch.testing.assert_close(relevance.sum((1, 2, 3)), logit.detach(), rtol=1e-5, atol=0)


def test_without_the_bias_relevance_sums_to_the_logit_anyway(x: Tensor) -> None:
    net = plain(nn.ReLU(), nn.MaxPool2d(2), bias=True)
    logit = net(x).gather(1, TARGETS[:, None]).squeeze(1).detach()
    kept = Lrp("epsilon", epsilon=1e-13, bias=False).attribute(net, x, TARGETS).sum((1, 2, 3))
    torch.testing.assert_close(kept, logit, rtol=1e-9, atol=0)
    lost = Lrp("epsilon", epsilon=1e-13).attribute(net, x, TARGETS).sum((1, 2, 3))
    assert ((lost - logit).abs() > 0.1 * logit.abs()).all()


def test_deep_taylor_is_positive_and_complete_where_biases_are_not_positive() -> None:
    net = plain(nn.ReLU(), nn.AvgPool2d(2), bias=True)
    for parameter in net.parameters():
        parameter.data = -parameter.data.abs() / 100 if parameter.ndim == 1 else parameter.data * 10
    x = torch.rand(8, 2, 6, 6, generator=generator(1), dtype=torch.float64)
    logits, targets = net(x).detach().max(1)
    assert (logits > 0).all()
    for bounds in ({"low": 0.0, "high": 1.0}, {}):
        relevance = Lrp("deep_taylor", **bounds).attribute(net, x, targets)
        assert relevance.min() >= -1e-12
        torch.testing.assert_close(relevance.sum((1, 2, 3)), logits, rtol=1e-5, atol=0)


@pytest.mark.parametrize("composite", COMPOSITES)
def test_nothing_of_the_forward_pass_outlives_it(composite: str, residual: Residual, x: Tensor) -> None:
    """No reference cycle through autograd's graph, which would keep every activation for ever."""
    kept: list[weakref.ref[Tensor]] = []
    for module in residual.modules():
        module.register_forward_hook(lambda _, __, output: kept.append(weakref.ref(output)))
    gc.disable()
    try:
        Lrp(composite, low=BOUNDS[0], high=BOUNDS[1]).attribute(nn.Sequential(Shift(1.0), residual), x, TARGETS)
        assert len(kept) > 10
        assert not any(ref() is not None for ref in kept)
    finally:
        gc.enable()


class Shift(nn.Module):
    def __init__(self, value: float) -> None:
        super().__init__()
        self.value = value

    def forward(self, x: Tensor) -> Tensor:
        return x + self.value


def test_a_constant_before_the_first_layer_is_part_of_its_bias(x: Tensor) -> None:
    """f(x - m) as one more operation and as a first layer with the bias b - W m."""
    net = nn.Sequential(nn.Conv2d(2, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(64, 3))
    wrapped = nn.Sequential(Shift(-1.5), weighted(net))
    moved = weighted(nn.Sequential(nn.Conv2d(2, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(64, 3)))
    moved[0].bias.data -= 1.5 * moved[0].weight.data.sum((1, 2, 3))
    for composite in COMPOSITES:
        method = Lrp(composite, low=BOUNDS[0], high=BOUNDS[1])
        one, other = (method.attribute(module, x, TARGETS) for module in (wrapped, moved))
        torch.testing.assert_close(one, other, atol=1e-12, rtol=0)


class Twice(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.shared = nn.Linear(4, 4)
        self.top = nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.top(self.shared(self.shared(x).relu()).relu())


def test_a_module_used_twice_keeps_both_inputs() -> None:
    """The known mistake: a hook that stores a module's input has only the last one when relevance comes back."""
    net = weighted(Twice(), 2)
    assert isinstance(net, Twice)
    x = torch.randn(1, 4, generator=generator(3), dtype=torch.float64)
    expected = InputXGradient().attribute(net, x, 0)
    torch.testing.assert_close(Lrp("epsilon", epsilon=1e-13).attribute(net, x, 0), expected, atol=1e-10, rtol=0)

    last = {}
    for name, module in net.named_children():
        module.register_forward_hook(lambda _, inputs, __, name=name: last.__setitem__(name, inputs[0].detach()))
    upper = net(x).detach() * torch.tensor([[1.0, 0.0]])
    for name, module in (("top", net.top), ("shared", net.shared), ("shared", net.shared)):
        weight, bias = definition.matrix(module, last[name])
        upper = definition.epsilon_rule(last[name], weight.detach(), bias, upper, 1e-13)
    assert (upper - expected).abs().max() > 0.1 * expected.abs().max()


def folded(net: Residual) -> Residual:
    """A copy in which each BatchNorm is an identity and its convolution does its work."""
    other = Residual().double().eval()
    other.load_state_dict({name: tensor.clone() for name, tensor in net.state_dict().items()}, strict=False)
    for convolution, norm in (("stem", "norm"), ("branch", "branch_norm")):
        conv, bn = getattr(net, convolution), getattr(net, norm)
        gain = bn.weight / torch.sqrt(bn.running_var + bn.eps)
        new = nn.Conv2d(conv.in_channels, conv.out_channels, 3, padding=1).double()
        new.weight.data = conv.weight.data * gain[:, None, None, None]
        offset = 0.0 if conv.bias is None else conv.bias.data
        new.bias.data = (offset - bn.running_mean) * gain + bn.bias
        setattr(other, convolution, new)
        setattr(other, norm, nn.Identity())
    return other


def test_batch_norm_is_folded(residual: Residual, x: Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in an explicitly folded copy; the known mistake, relevance passed on at BatchNorm, is far away."""
    copy = folded(residual)
    torch.testing.assert_close(copy(x), residual(x), atol=1e-12, rtol=0)
    method = Lrp()
    right = method.attribute(residual, x, TARGETS)
    torch.testing.assert_close(method.attribute(copy, x, TARGETS), right, atol=1e-12, rtol=0)
    monkeypatch.setattr(Grammar, "batch_norm", lambda self, call, *args, **kwargs: self.propagation.activation(call))
    wrong = method.attribute(residual, x, TARGETS)
    assert (wrong - right).abs().max() > 0.5 * right.abs().max()


def test_batch_norm_before_a_layer_is_folded_into_it(x: Tensor) -> None:
    """After an activation it belongs to the layer that follows, with a bias that knows of the padding."""
    net = nn.Sequential(nn.Conv2d(2, 3, 3), nn.ReLU(), nn.BatchNorm2d(3), nn.Conv2d(3, 4, 3, padding=1), nn.Flatten())
    net = weighted(nn.Sequential(*net, nn.Linear(64, 3)))
    activations = net[:2](x[:1]).detach()
    weight, bias = definition.matrix(net[2:4], activations)
    upper = net[4:](net[2:4](activations)).detach() * torch.tensor([[0.0, 1.0, 0.0]])
    h = net[2:4](activations).detach()
    upper = definition.epsilon_rule(h, *definition.matrix(net[4:], h), upper)
    upper = definition.z_plus(activations, weight, bias, upper)
    expected = definition.z_plus(x[:1], *definition.matrix(net[0], x[:1]), upper)
    torch.testing.assert_close(Lrp().attribute(net, x[:1], 1), expected.detach(), atol=1e-10, rtol=0)


def test_without_canonisation_batch_norm_elsewhere_shares_by_the_epsilon_rule() -> None:
    net = weighted(nn.Sequential(nn.BatchNorm1d(3), nn.ReLU(), nn.Linear(3, 2)))
    x = torch.tensor([[0.5, -1.0, 2.0]], dtype=torch.float64)
    normed = net[0](x).detach()
    upper = net(x).detach() * torch.tensor([[1.0, 0.0]])
    upper = definition.epsilon_rule(normed.relu(), *definition.matrix(net[2], normed), upper)
    expected = definition.epsilon_rule(x, *definition.matrix(net[0], x), upper)
    relevance = Lrp(canonise="none").attribute(net, x, 0)
    torch.testing.assert_close(relevance, expected.detach(), atol=1e-12, rtol=0)


def test_an_overwritten_tensor_stands_for_its_new_value(x: Tensor) -> None:
    class Overwriting(nn.Module):
        def __init__(self, in_place: bool) -> None:
            super().__init__()
            self.conv = nn.Conv2d(2, 3, 3)
            self.top = nn.Linear(48, 3)
            self.in_place = in_place

        def forward(self, x: Tensor) -> Tensor:
            out = self.conv(x)
            if self.in_place:
                F.relu(out, inplace=True)
                out.mul_(2.0).add_(0.5)
                out.view(len(x), -1)
            else:
                out = out.relu() * 2.0 + 0.5
            return self.top(out.flatten(1))

    one, other = (Lrp().attribute(weighted(Overwriting(way)), x, TARGETS) for way in (True, False))
    assert torch.equal(one, other)


class Calls(nn.Module):
    """One operation between two layers."""

    def __init__(self, operation: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.below = nn.Linear(4, 4)
        self.operation = operation
        self.above = nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.above(self.operation(self.below(x)))


class Double(torch.autograd.Function):
    @staticmethod
    def forward(ctx: object, x: Tensor) -> Tensor:
        return x * 2

    @staticmethod
    def backward(ctx: object, upper: Tensor) -> Tensor:
        return upper * 2


def view_written(x: Tensor) -> Tensor:
    part = x[:, :2]
    part.relu_()
    return x


def written_into_zeros(x: Tensor) -> Tensor:
    zeros = torch.zeros(len(x), 4, dtype=x.dtype)
    zeros[:, :2] = x[:, :2]
    return zeros


def batch_normed(x: Tensor) -> Tensor:
    return F.batch_norm(x[..., None].expand(-1, -1, 2), None, None, training=True)[..., 0]


def without_gradient(x: Tensor) -> Tensor:
    with torch.no_grad():
        return x * 2


class First(nn.Module):
    """The first output of a module that takes its input several times."""

    def __init__(self, module: nn.Module, times: int = 1) -> None:
        super().__init__()
        self.module = module
        self.times = times

    def forward(self, x: Tensor) -> Tensor:
        output: Tensor = self.module(*[x] * self.times)[0]
        return output


REFUSED: dict[str, tuple[Callable[[Tensor], Tensor], str]] = {
    "gelu": (nn.GELU(), "no rule for 'gelu'"),
    "silu": (nn.SiLU(), "no rule for 'silu'"),
    "sigmoid": (torch.sigmoid, "no rule for 'sigmoid'"),
    "softmax": (nn.Softmax(1), "no rule for 'softmax'"),
    "layer_norm": (nn.LayerNorm(4), "no rule for 'layer_norm'"),
    "lstm": (First(nn.LSTM(4, 4)), "no rule for 'lstm'"),
    "attention": (First(nn.MultiheadAttention(4, 1), 3), "no rule for 'multi_head_attention_forward'"),
    "product": (lambda x: x * x, "product of two input-dependent tensors"),
    "power": (lambda x: x**2, "no rule for 'pow'"),
    "quotient": (lambda x: 1 / x, "no rule for 'rdiv'"),
    "input-dependent weights": (lambda x: F.linear(x, x[:1].expand(4, 4)), "'linear' with input-dependent weights"),
    "hardtanh": (nn.Hardtanh(), "'hardtanh' between -1.0 and 1.0 is no rectifier"),
    "dropout": (lambda x: F.dropout(x), "'dropout' drops values at random"),
    "batch statistics": (batch_normed, "mixes samples"),
    "detach": (lambda x: x.detach() + x, "no rule for 'detach'"),
    "no_grad": (without_gradient, "gradients are switched off"),
    "branching": (lambda x: x if x.sum() > 0 else -x, "no rule for 'gt'"),
    "item": (lambda x: x * x.sum().item(), "no rule for 'item'"),
    "written into a buffer": (written_into_zeros, "'setitem' writes input-dependent values into an existing tensor"),
    "view written": (view_written, "another view of its memory"),
    "custom function": (
        Double.apply,
        "'mul' runs where gradients are switched off (torch.no_grad, a custom autograd function)",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_rule_is_refused_by_name_and_leaves_nothing_behind(name: str) -> None:
    operation, message = REFUSED[name]
    net = Calls(operation).double()
    x = torch.randn(3, 4, generator=generator(0), dtype=torch.float64)
    before = {key: tensor.clone() for key, tensor in net.state_dict().items()}
    with pytest.raises(Unsupported) as refusal:
        Lrp().attribute(net, x, 0)
    assert message in str(refusal.value)
    assert net.training
    assert all(parameter.requires_grad and parameter.grad is None for parameter in net.parameters())
    assert all(torch.equal(before[key], tensor) for key, tensor in net.state_dict().items())
    assert not any(module._forward_hooks or module._backward_hooks for module in net.modules())
    assert x.grad is None
    assert not x.requires_grad
    assert torch.overrides._get_current_function_mode_stack() == []


def test_the_refusal_names_the_module() -> None:
    net = nn.Sequential(nn.Linear(4, 4), nn.Sequential(nn.ReLU(), nn.GELU()), nn.Linear(4, 2))
    with pytest.raises(Unsupported, match=r"'gelu' \(in module '1\.1'\)"):
        Lrp().attribute(net, torch.zeros(1, 4), 0)


@pytest.mark.filterwarnings("ignore:.*torch.jit.script")
def test_scripted_modules_are_refused() -> None:
    """Nothing of what runs inside can be seen."""
    script = torch.jit.script(nn.Sequential(nn.Linear(4, 4), nn.ReLU()))
    with pytest.raises(
        Unsupported, match=r"'linear' reads from \w+, which ran outside .*scripted module.* module 'above'"
    ):
        Lrp().attribute(Calls(script), torch.zeros(1, 4), 0)
    with pytest.raises(Unsupported, match="the output reads from"):
        Lrp().attribute(script, torch.zeros(1, 4), 0)


def test_an_output_that_knows_nothing_of_the_input_is_refused() -> None:
    class Deaf(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.ones(len(x), 2)

    with pytest.raises(Unsupported, match="does not depend on its input"):
        Lrp().attribute(Deaf(), torch.zeros(1, 4), 0)


def test_bounds_are_asked_for_where_z_box_needs_them(x: Tensor) -> None:
    net = plain(nn.ReLU(), nn.MaxPool2d(2), True)
    with pytest.raises(Unsupported, match="pass low= and high="):
        Lrp("epsilon_gamma_box").attribute(net, x, TARGETS)
    given = Lrp("epsilon_gamma_box", low=-3.0, high=[3.0, 3.0]).attribute(net, x, TARGETS)
    assert torch.equal(Lrp("epsilon_gamma_box").attribute(net, x, TARGETS, bounds=(-3.0, 3.0)), given)
    pooled = nn.Sequential(nn.AvgPool2d(2), nn.Conv2d(2, 1, 3), nn.Flatten()).double()
    with pytest.raises(Unsupported, match="nothing but shifts, scalings and reshaping before that layer"):
        Lrp("epsilon_gamma_box", low=-3.0, high=3.0).attribute(pooled, x, 0)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"composite": "z_plus"}, "composite='z_plus'; allowed: epsilon, epsilon_plus"),
        ({"epsilon": -1.0}, "epsilon=-1.0"),
        ({"low": 1.0, "high": 1.0}, "every low bound must be below its high one"),
        ({"low": [0.0, 0.0, 0.0], "high": 1.0}, "low of shape (3, 1, 1) for inputs of shape (2, 6, 6)"),
    ],
)
def test_bad_parameters_are_named(parameters: dict[str, object], message: str, x: Tensor) -> None:
    with pytest.raises(BadParameter) as error:
        Lrp(**parameters).attribute(plain(nn.ReLU(), nn.MaxPool2d(2), True), x, TARGETS)
    assert message in str(error.value)
