"""Every rule on one layer, through the whole mechanism, against its definition."""

from collections.abc import Callable
from functools import partial

import lrp_by_definition as definition
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from whybench.methods.attribution.backpropagation import rules
from whybench.methods.attribution.backpropagation.composites import Composite
from whybench.methods.attribution.backpropagation.grammar import Grammar
from whybench.methods.attribution.backpropagation.propagation import Propagation
from whybench.methods.attribution.backpropagation.recording import Recording
from whybench.methods.attribution.backpropagation.rules import Rule


class Affine(nn.Module):
    """x * gain + shift, one number a channel."""

    def __init__(self, gain: list[float], shift: list[float]) -> None:
        super().__init__()
        self.register_buffer("gain", torch.tensor(gain)[:, None, None])
        self.register_buffer("shift", torch.tensor(shift)[:, None, None])

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gain + self.shift


class Minus(nn.Module):
    def __init__(self, value: float) -> None:
        super().__init__()
        self.value = value

    def forward(self, x: Tensor) -> Tensor:
        return x - self.value


class Matrix(nn.Module):
    """A fully connected layer written out: x @ weight + bias."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(40, 5))
        self.bias = nn.Parameter(torch.randn(5))

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(1) @ self.weight + self.bias


class Addmm(Matrix):
    def forward(self, x: Tensor) -> Tensor:
        return torch.addmm(self.bias, x.reshape(len(x), -1), self.weight)


def batch_norm() -> nn.BatchNorm2d:
    """Factors of both signs."""
    norm = nn.BatchNorm2d(4)
    norm.running_mean = torch.tensor([0.5, -1.0, 0.2, 0.0])
    norm.running_var = torch.tensor([0.5, 2.0, 1.0, 0.1])
    norm.weight.data = torch.tensor([1.5, -0.7, 0.4, 1.0])
    norm.bias.data = torch.tensor([0.3, 0.1, -0.6, 0.2])
    return norm


LAYERS: dict[str, Callable[[], nn.Module]] = {
    "plain": lambda: nn.Conv2d(2, 4, 3),
    "without bias": lambda: nn.Conv2d(2, 4, 3, bias=False),
    "padded": lambda: nn.Conv2d(2, 4, 3, padding=1),
    "padding same, even kernel": lambda: nn.Conv2d(2, 3, 2, padding="same"),
    "circular padding": lambda: nn.Conv2d(2, 3, 3, padding=1, padding_mode="circular"),
    "strided": lambda: nn.Conv2d(2, 4, 3, stride=2, padding=1),
    "grouped": lambda: nn.Conv2d(2, 4, 3, groups=2),
    "depthwise": lambda: nn.Conv2d(2, 2, 3, groups=2, padding=1),
    "dilated": lambda: nn.Conv2d(2, 4, 2, dilation=2),
    "linear": lambda: nn.Sequential(nn.Flatten(), nn.Linear(40, 5)),
    "linear on the last dimension": lambda: nn.Linear(4, 3),
    "matrix product": Matrix,
    "addmm": Addmm,
    "padded beforehand": lambda: nn.Sequential(nn.ZeroPad2d((0, 1, 1, 0)), nn.Conv2d(2, 4, 3, stride=2)),
    "padded with a constant": lambda: nn.Sequential(nn.ConstantPad2d(1, 0.7), nn.Conv2d(2, 4, 3)),
    "shifted beforehand": lambda: nn.Sequential(Minus(0.8), nn.Conv2d(2, 4, 3, padding=1)),
    "normalised beforehand": lambda: nn.Sequential(Affine([2.0, -3.0], [0.5, 1.0]), nn.Conv2d(2, 4, 3, padding=1)),
    "shifted, padded, shifted": lambda: nn.Sequential(Minus(0.8), nn.ZeroPad2d(1), Minus(-0.5), nn.Conv2d(2, 4, 3)),
    "batch norm after it": lambda: nn.Sequential(nn.Conv2d(2, 4, 3, padding=1), batch_norm()),
    "all of it": lambda: nn.Sequential(
        Affine([2.0, -3.0], [0.5, 1.0]), nn.ZeroPad2d(1), nn.Conv2d(2, 4, 3, stride=2), batch_norm()
    ),
}

BOUNDS = -2.0, 3.0


def relevance_by(rule: Rule, module: nn.Module, x: Tensor, upper: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Outputs and the relevance that `rule` gives the inputs where the outputs have `upper`, or their own values."""
    module.requires_grad_(False)
    leaf = x.clone().requires_grad_()
    bounds = tuple(torch.full_like(x, bound) for bound in BOUNDS)
    propagation = Propagation(Composite(rule, rule, rule, rule), leaf, (bounds[0], bounds[1]), bias=True)
    with Recording(module, leaf, Grammar(propagation)) as recording:
        outputs = module(leaf)
    outputs = recording.finished(outputs)
    (relevance,) = torch.autograd.grad(outputs, leaf, outputs.detach() if upper is None else upper)
    return outputs.detach(), relevance


@pytest.fixture(params=LAYERS)
def layer(request: pytest.FixtureRequest) -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return LAYERS[request.param]().double().eval()


@pytest.fixture(params=["signed", "non-negative", "negative"])
def x(request: pytest.FixtureRequest) -> Tensor:
    values = torch.randn(1, 2, 5, 4, generator=torch.Generator().manual_seed(3), dtype=torch.float64).clamp(*BOUNDS)
    return {"signed": values, "non-negative": values.relu(), "negative": -values.abs() - 0.1}[request.param]


@pytest.mark.filterwarnings("ignore:Using padding='same'")
def test_rules_are_their_definitions(layer: nn.Module, x: Tensor) -> None:
    weight, bias = definition.matrix(layer, x)
    z = layer(x)
    upper = torch.randn(z.shape, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    low, high = (torch.full_like(x, bound) for bound in BOUNDS)
    expected = {
        rules.epsilon: definition.epsilon_rule(x, weight, bias, upper),
        rules.z_plus: definition.z_plus(x, weight, bias, upper),
        rules.alpha_beta: definition.alpha2_beta1(x, weight, bias, upper),
        rules.gamma: definition.gamma(x, weight, bias, upper),
        rules.w_square: definition.w_square(x, weight, upper),
        rules.flat: definition.flat(x, weight, upper),
        rules.z_box: definition.z_box(x, weight, upper, low, high),
    }
    for rule, reference in expected.items():
        outputs, relevance = relevance_by(rule, layer, x, upper)
        torch.testing.assert_close(outputs, z, atol=0, rtol=0)
        assert torch.allclose(relevance, reference, atol=1e-9, rtol=1e-9), rule


@pytest.mark.parametrize("dimensions", [1, 3])
def test_convolutions_of_other_dimensions(dimensions: int) -> None:
    convolution = {1: nn.Conv1d, 3: nn.Conv3d}[dimensions](2, 3, 2, padding=1).double()
    x = torch.randn(1, 2, *[3] * dimensions, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    weight, bias = definition.matrix(convolution, x)
    z, relevance = relevance_by(rules.z_plus, convolution, x)
    torch.testing.assert_close(relevance, definition.z_plus(x, weight, bias, z), atol=1e-9, rtol=1e-9)


def test_epsilon_of_zero_is_lrp_0_and_divides_nothing_by_zero() -> None:
    dead = nn.Linear(2, 2, bias=False).double()
    dead.weight.data = torch.tensor([[1.0, -1.0], [1.0, 2.0]], dtype=torch.float64)
    x = torch.ones(1, 2, dtype=torch.float64)
    _, relevance = relevance_by(partial(rules.epsilon, epsilon=0.0), dead, x, torch.tensor([[5.0, 3.0]]).double())
    assert relevance.tolist() == [[1.0, 2.0]]


def test_sign_of_zero_is_positive() -> None:
    assert rules.share(torch.ones(1), torch.zeros(1), 0.5).item() == 2.0
    assert rules.share(torch.ones(1), torch.tensor([-0.0]), 0.5).item() == 2.0


def test_gamma_lies_between_epsilon_and_z_plus(x: Tensor) -> None:
    convolution = LAYERS["padded"]().double()
    z = convolution(x).detach()
    for upper in (z, z.relu()):
        _, epsilon = relevance_by(rules.epsilon, convolution, x, upper)
        _, gamma = relevance_by(partial(rules.gamma, gamma=0.0), convolution, x, upper)
        torch.testing.assert_close(gamma, epsilon, atol=1e-12, rtol=1e-12)
    _, z_plus = relevance_by(rules.z_plus, convolution, x, z.relu())
    _, gamma = relevance_by(partial(rules.gamma, gamma=1e12), convolution, x, z.relu())
    torch.testing.assert_close(gamma, z_plus, atol=1e-5 * float(z_plus.abs().max()), rtol=0)


def test_alpha_1_beta_0_is_z_plus(x: Tensor) -> None:
    convolution = LAYERS["padded"]().double()
    _, one = relevance_by(partial(rules.alpha_beta, alpha=1.0, beta=0.0), convolution, x)
    _, other = relevance_by(rules.z_plus, convolution, x)
    assert torch.equal(one, other)


@pytest.mark.parametrize(("alpha", "beta"), [(0.5, 3.0), (3.0, 0.5)])
def test_any_alpha_and_beta_weigh_the_two_parts(alpha: float, beta: float, x: Tensor) -> None:
    convolution = LAYERS["padded"]().double()
    weight, bias = definition.matrix(convolution, x)
    z, relevance = relevance_by(partial(rules.alpha_beta, alpha=alpha, beta=beta), convolution, x)
    positive = definition.z_plus(x, weight, bias, z)
    negative = 2 * positive - definition.alpha2_beta1(x, weight, bias, z)
    torch.testing.assert_close(relevance, alpha * positive - beta * negative, atol=1e-9, rtol=1e-9)


@pytest.mark.parametrize("rule", [rules.z_box, rules.w_square, rules.flat], ids=["zB", "w2", "flat"])
def test_input_rules_conserve_relevance_with_padding_and_bias(rule: Callable[..., Tensor]) -> None:
    convolution = nn.Conv2d(2, 4, 3, padding=1).double()
    x = torch.randn(2, 2, 5, 4, generator=torch.Generator().manual_seed(3), dtype=torch.float64).clamp(*BOUNDS)
    z, relevance = relevance_by(partial(rule, stabiliser=0.0), convolution, x)
    torch.testing.assert_close(relevance.sum((1, 2, 3)), z.sum((1, 2, 3)), atol=1e-10, rtol=0)


def test_flat_counts_no_padding() -> None:
    """One output in a corner sees 4 of 9 pixels of its kernel."""
    convolution = nn.Conv2d(1, 1, 3, padding=1).double()
    corner = torch.zeros(1, 1, 3, 3, dtype=torch.float64)
    corner[..., 0, 0] = 1
    _, relevance = relevance_by(partial(rules.flat, stabiliser=0.0), convolution, torch.ones_like(corner), corner)
    assert relevance[0, 0].tolist() == [[0.25, 0.25, 0.0], [0.25, 0.25, 0.0], [0.0, 0.0, 0.0]]


def test_splitting_by_the_weights_sign_is_another_rule() -> None:
    """The known mistake: clamping weights alone gives z+ only where no input is negative."""
    convolution = LAYERS["padded"]().double()
    x = torch.randn(1, 2, 5, 4, generator=torch.Generator().manual_seed(3), dtype=torch.float64)

    def clamped(a: Tensor) -> Tensor:
        leaf = a.clone().requires_grad_()
        z = F.conv2d(leaf, convolution.weight.clamp(min=0), convolution.bias.clamp(min=0), padding=1)
        (gradient,) = torch.autograd.grad(z, leaf, rules.share(convolution(a), z, rules.STABILISER).detach())
        return a * gradient

    torch.testing.assert_close(clamped(x.relu()), relevance_by(rules.z_plus, convolution, x.relu())[1])
    gap = (clamped(x) - relevance_by(rules.z_plus, convolution, x)[1]).abs().max()
    assert gap > 0.5
