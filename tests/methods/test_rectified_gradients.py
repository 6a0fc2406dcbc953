"""Guided backpropagation, DeconvNet and guided Grad-CAM: definitions, Captum, and what Captum misses in silence."""

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from captum.attr import Deconvolution
from captum.attr import GuidedBackprop as CaptumGuidedBackprop
from captum.attr import GuidedGradCam as CaptumGuidedGradCam
from torch import Tensor, nn

from whybench.errors import BadParameter, Unsupported
from whybench.methods.attribution import DeconvNet, GradCam, Gradient, GuidedBackprop, GuidedGradCam
from whybench.protocols import AttributionMethod

TARGETS = torch.tensor([0, 2, 1])
METHODS = [GuidedBackprop(), DeconvNet()]


class Net(nn.Module):
    """Convolutions, a skip, an overlapping max pool and three rectifiers, each called as `rectify` says."""

    def __init__(self, *rectifiers: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.first = nn.Conv2d(2, 4, 3, padding=1)
        self.second = nn.Conv2d(4, 4, 3, padding=1)
        self.hidden = nn.Linear(36, 8)
        self.top = nn.Linear(8, 3)
        self.rectifiers = rectifiers
        self.modules_among_them = nn.ModuleList(r for r in rectifiers if isinstance(r, nn.Module))

    def forward(self, x: Tensor) -> Tensor:
        one, two, three = self.rectifiers
        kept = one(self.first(x))
        out = F.max_pool2d(two(self.second(kept) + kept), 3, 2, 1)
        return self.top(three(self.hidden(out.flatten(1))))


def made(*rectifiers: Callable[[Tensor], Tensor]) -> Net:
    net, draw = Net(*rectifiers).double().eval(), torch.Generator().manual_seed(0)
    for parameter in net.parameters():
        scale = 2.0 if parameter.ndim == 4 else 1.0
        parameter.data = scale * torch.randn(parameter.shape, generator=draw, dtype=torch.float64)
    return net


@pytest.fixture
def x() -> Tensor:
    return torch.randn(3, 2, 6, 6, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def by_definition(net: Net, x: Tensor, gate: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """The backward pass written out, piece by piece."""
    z1 = net.first(x)
    a1 = net.rectifiers[0](z1.clone())
    z2 = net.second(a1) + a1
    a2 = net.rectifiers[1](z2.clone())
    h, pull_h = torch.func.vjp(lambda a: net.hidden(F.max_pool2d(a, 3, 2, 1).flatten(1)), a2)
    one_hot = F.one_hot(TARGETS, 3).to(x)
    r2 = gate(pull_h(gate(one_hot @ net.top.weight, h))[0], z2)
    r1 = torch.func.vjp(net.second, a1)[1](r2)[0] + r2
    return torch.func.vjp(net.first, x)[1](gate(r1, z1))[0]


def guided(top: float) -> Callable[[Tensor, Tensor], Tensor]:
    return lambda upper, z: upper.clamp(min=0) * ((z > 0) & (z < top))


def deconvolved(upper: Tensor, z: Tensor) -> Tensor:
    return upper.clamp(min=0)


@pytest.mark.parametrize(
    ("method", "reference"), [(GuidedBackprop(), CaptumGuidedBackprop), (DeconvNet(), Deconvolution)]
)
@pytest.mark.filterwarnings("ignore:Setting backward hooks on ReLU")
def test_captum_agrees_on_relu_modules(method: AttributionMethod, reference: type, x: Tensor) -> None:
    net = made(nn.ReLU(), nn.ReLU(), nn.ReLU())
    expected = reference(net).attribute(x.clone().requires_grad_(), TARGETS)
    torch.testing.assert_close(method.attribute(net, x, TARGETS), expected.detach(), atol=1e-9, rtol=0)


@pytest.mark.parametrize("method", METHODS, ids=["guided_backprop", "deconvnet"])
@pytest.mark.parametrize(
    ("rectifiers", "top"),
    [
        ((F.relu, torch.relu, Tensor.relu), torch.inf),
        ((nn.ReLU(inplace=True), F.relu_, lambda x: x.clamp(min=0)), torch.inf),
        ((nn.ReLU6(), F.relu6, lambda x: torch.clamp(x, 0, 6)), 6.0),
        ((nn.Threshold(0, 0), lambda x: F.threshold(x, 0, 0, inplace=True), lambda x: x.clip(0)), torch.inf),
    ],
    ids=["functional", "in place", "relu6", "threshold and clip"],
)
def test_every_way_to_call_a_rectifier(
    method: AttributionMethod, rectifiers: tuple[Callable[[Tensor], Tensor], ...], top: float, x: Tensor
) -> None:
    net = made(*rectifiers)
    with torch.no_grad():
        expected = by_definition(net, x, guided(top) if isinstance(method, GuidedBackprop) else deconvolved)
    relevance = method.attribute(net, x, TARGETS)
    torch.testing.assert_close(relevance, expected, atol=1e-9, rtol=0)
    assert (relevance - Gradient().attribute(net, x, TARGETS)).abs().max() > 0.1 * expected.abs().max()


@pytest.mark.filterwarnings("ignore:Setting backward hooks on ReLU")
def test_captum_gives_the_plain_gradient_where_it_sees_no_relu_module(x: Tensor) -> None:
    """The known mistake, without a word of warning; and ReLU6 is no nn.ReLU to it."""
    for rectifier in (F.relu, nn.ReLU6()):
        net = made(rectifier, rectifier, rectifier)
        plain = CaptumGuidedBackprop(net).attribute(x.clone().requires_grad_(), TARGETS).detach()
        assert torch.equal(plain, Gradient().attribute(net, x, TARGETS))
        gap = (GuidedBackprop().attribute(net, x, TARGETS) - plain).abs().max()
        assert gap > 0.1 * plain.abs().max()


def test_one_module_used_three_times(x: Tensor) -> None:
    shared = nn.ReLU()
    one, other = made(shared, shared, shared), made(nn.ReLU(), nn.ReLU(), nn.ReLU())
    for method in METHODS:
        assert torch.equal(method.attribute(one, x, TARGETS), method.attribute(other, x, TARGETS))


def test_guided_is_the_gradient_where_all_gradients_are_positive(x: Tensor) -> None:
    net = made(nn.ReLU(), nn.ReLU(), nn.ReLU())
    for module in (net.second, net.hidden, net.top):
        module.weight.data.abs_()
    torch.testing.assert_close(
        GuidedBackprop().attribute(net, x, TARGETS), Gradient().attribute(net, x, TARGETS), atol=1e-12, rtol=1e-12
    )


def test_one_pass_forward_and_one_back(
    x: Tensor, open_query: Callable[..., object], passes_of: Callable[..., object]
) -> None:
    for method in METHODS:
        passes = passes_of(method, open_query(made(F.relu, F.relu, F.relu), x, TARGETS, rows=2))
        assert (passes.forward, passes.backward) == ([2, 1], [2, 1])


class Opaque(torch.autograd.Function):
    @staticmethod
    def forward(ctx: object, x: Tensor) -> Tensor:
        return x * 2

    @staticmethod
    def backward(ctx: object, upper: Tensor) -> Tensor:
        return upper * 2


@pytest.mark.parametrize("method", METHODS, ids=["guided_backprop", "deconvnet"])
@pytest.mark.parametrize(
    ("rectifier", "message"),
    [
        (nn.GELU(), "not for 'gelu'"),
        (nn.SiLU(), "not for 'silu'"),
        (nn.LeakyReLU(), "not for 'leaky_relu'"),
        (torch.tanh, "not for 'tanh'"),
        (nn.Hardtanh(), "'hardtanh' between -1.0 and 1.0 is no rectifier"),
        (nn.Identity(), "has no ReLU or ReLU6"),
        (Opaque.apply, "reads from OpaqueBackward, which ran outside of what whybench can see"),
    ],
    ids=["gelu", "silu", "leaky relu", "tanh", "hardtanh", "none", "custom function"],
)
def test_what_the_definition_does_not_speak_of_is_refused(
    method: AttributionMethod, rectifier: Callable[[Tensor], Tensor], message: str, x: Tensor
) -> None:
    with pytest.raises(Unsupported) as refusal:
        method.attribute(made(rectifier, rectifier, rectifier), x, TARGETS)
    assert message in str(refusal.value)


def test_operations_without_a_rule_of_their_own_keep_their_gradient() -> None:
    net = nn.Sequential(nn.Linear(4, 4), nn.LayerNorm(4), nn.ReLU(), nn.Linear(4, 3), nn.Softmax(1)).double()
    x = torch.randn(3, 4, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    z, pull = torch.func.vjp(net[:2], x)
    upper = torch.func.vjp(net[3:], z.relu())[1](F.one_hot(TARGETS, 3).to(x))[0]
    expected = pull(upper.clamp(min=0) * (z > 0))[0].detach()
    torch.testing.assert_close(GuidedBackprop().attribute(net, x, TARGETS), expected, atol=1e-12, rtol=0)


@pytest.mark.filterwarnings("ignore:Setting backward hooks on ReLU")
def test_guided_grad_cam_is_the_product(x: Tensor) -> None:
    net = made(nn.ReLU(), nn.ReLU(), nn.ReLU())
    for layer in (None, "first"):
        cam = GradCam(layer).attribute(net, x, TARGETS)
        expected = GuidedBackprop().attribute(net, x, TARGETS) * cam
        assert torch.equal(GuidedGradCam(layer).attribute(net, x, TARGETS), expected)
    captum = CaptumGuidedGradCam(net, net.second).attribute(
        x.clone().requires_grad_(), TARGETS, interpolate_mode="bilinear"
    )
    found = GuidedGradCam("second").attribute(net, x, TARGETS)
    torch.testing.assert_close(found, captum.detach(), atol=1e-9, rtol=0)
    with pytest.raises(BadParameter, match="no layer 'frist'"):
        GuidedGradCam("frist").attribute(net, x, TARGETS)
