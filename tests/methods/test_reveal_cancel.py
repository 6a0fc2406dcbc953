"""DeepLIFT's RevealCancel rule: the paper's examples, and the paper's equations unit by unit."""

from collections.abc import Callable
from itertools import permutations
from math import prod

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from whybench.errors import Unsupported
from whybench.methods.attribution import DeepLift

RESCALE, REVEAL = DeepLift(), DeepLift(rule="reveal_cancel")
TARGETS = torch.tensor([0, 2, 1])


def weights(layer: nn.Linear, weight: list[list[float]], bias: list[float]) -> nn.Linear:
    layer.weight.data = torch.tensor(weight, dtype=torch.float64)
    layer.bias.data = torch.tensor(bias, dtype=torch.float64)
    return layer


class Gap(nn.Module):
    """direct @ i + slope * relu(i1 - i2)."""

    def __init__(self, direct: list[float], slope: float) -> None:
        super().__init__()
        self.hidden = weights(nn.Linear(2, 1), [[1.0, -1.0]], [0.0])
        self.direct = torch.tensor(direct, dtype=torch.float64)
        self.slope = slope

    def forward(self, x: Tensor) -> Tensor:
        return (x * self.direct).sum(1, keepdim=True) + self.slope * F.relu(self.hidden(x))


PAIRS = [(3.0, 1.0), (1.0, 3.0), (2.0, 2.0), (5.0, 0.0)]


@pytest.mark.parametrize(("one", "two"), PAIRS)
def test_min_is_shared_in_equal_parts(one: float, two: float) -> None:
    """min(i1, i2) = i1 - relu(i1 - i2): half of the minimum each, where Rescale gives all of it to one input."""
    x = torch.tensor([[one, two]], dtype=torch.float64)
    half = min(one, two) / 2
    assert REVEAL.attribute(Gap([1.0, 0.0], -1.0), x)[0].tolist() == pytest.approx([half, half], abs=1e-14)
    rescaled = [0.0, two] if one > two else [one, 0.0]
    assert RESCALE.attribute(Gap([1.0, 0.0], -1.0), x)[0].tolist() == pytest.approx(rescaled, abs=1e-14)


@pytest.mark.parametrize(("one", "two"), PAIRS)
def test_max_is_shared_as_shapley_does(one: float, two: float) -> None:
    """max(i1, i2) = i2 + relu(i1 - i2): the smaller input gets half of itself, the larger one the rest."""
    x = torch.tensor([[one, two]], dtype=torch.float64)
    half = min(one, two) / 2
    expected = [max(one, two) - half, half] if one > two else [half, max(one, two) - half]
    assert REVEAL.attribute(Gap([0.0, 1.0], 1.0), x)[0].tolist() == pytest.approx(expected, abs=1e-14)


@pytest.mark.parametrize("method", [RESCALE, REVEAL], ids=["rescale", "reveal_cancel"])
def test_and_is_shared_in_equal_parts(method: DeepLift) -> None:
    """relu(i1 + i2 - 1) at (1, 1): both are needed."""
    hidden = weights(nn.Linear(2, 1), [[1.0, 1.0]], [-1.0])
    net = nn.Sequential(hidden, nn.ReLU(), weights(nn.Linear(1, 1), [[1.0]], [0.0]))
    assert method.attribute(net, torch.ones(1, 2, dtype=torch.float64)).tolist() == [[0.5, 0.5]]


@pytest.mark.parametrize("method", [RESCALE, REVEAL], ids=["rescale", "reveal_cancel"])
def test_saturation(method: DeepLift) -> None:
    """1 - relu(1 - i1 - i2) at (1, 1): the gradient is 0 although the output has changed by 1."""
    hidden = weights(nn.Linear(2, 1), [[-1.0, -1.0]], [1.0])
    net = nn.Sequential(hidden, nn.ReLU(), weights(nn.Linear(1, 1), [[-1.0]], [1.0]))
    assert method.attribute(net, torch.ones(1, 2, dtype=torch.float64)).tolist() == [[0.5, 0.5]]


def test_a_unit_with_one_input_of_each_sign_gets_shapley_values() -> None:
    draw = torch.Generator().manual_seed(3)
    for _ in range(5):
        w, x, base = torch.randn(3, 2, generator=draw, dtype=torch.float64)
        w = w.abs() * torch.tensor([1.0, -1.0]) * (x - base).sign()
        hidden = weights(nn.Linear(2, 1), [w.tolist()], [0.1])
        net = nn.Sequential(hidden, nn.Softplus(), weights(nn.Linear(1, 1), [[2.0]], [0.3]))
        expected = torch.zeros(2, dtype=torch.float64)
        with torch.no_grad():
            for order in permutations(range(2)):
                at = base.clone()
                for i in order:
                    before = net(at[None]).item()
                    at[i] = x[i]
                    expected[i] += (net(at[None]).item() - before) / 2
        found = REVEAL.attribute(net, x[None], baseline=base)[0]
        torch.testing.assert_close(found, expected, atol=1e-12, rtol=0)


def effect(layer: nn.Module, start: Tensor, change: float) -> float:
    """What a change has as effect, for each unit of it; its limit, the derivative, where there is none."""
    if change:
        return ((layer(start + change) - layer(start)) / change).item()
    with torch.enable_grad():
        point = start.detach().clone().requires_grad_()
        return torch.autograd.grad(layer(point), point)[0].item()


def by_definition(layers: nn.Sequential, x: Tensor, base: Tensor, target: int) -> list[float]:
    """Shrikumar et al., sections 3.4 to 3.6, with loops; layers alternate between Linear and an activation."""
    ones, others = [x], [base]
    for layer in layers:
        ones.append(layer(ones[-1]))
        others.append(layer(others[-1]))
    plus = [1.0 if k == target else 0.0 for k in range(len(ones[-1]))]
    minus = list(plus)
    for position in reversed(range(len(layers))):
        layer, a, a_base = layers[position], ones[position], others[position]
        if isinstance(layer, nn.Linear):
            multiplier = [0.0] * len(a)
            for i in range(len(a)):
                for j in range(len(plus)):
                    w, change = layer.weight[j, i].item(), (a[i] - a_base[i]).item()
                    if change == 0:
                        multiplier[i] += w * (plus[j] + minus[j]) / 2
                    else:
                        multiplier[i] += w * (plus[j] if w * change > 0 else minus[j])
            plus = minus = multiplier
            continue
        below = layers[position - 1]
        assert isinstance(below, nn.Linear)
        changes = (ones[position - 1] - others[position - 1]).tolist()
        new_plus, new_minus = [], []
        for j, (start, upper) in enumerate(zip(a_base, plus, strict=True)):
            terms = [below.weight[j, i].item() * c for i, c in enumerate(changes)]
            up, down = sum(t for t in terms if t > 0), sum(t for t in terms if t < 0)
            new_plus.append(upper * (effect(layer, start, up) + effect(layer, start + down, up)) / 2)
            new_minus.append(upper * (effect(layer, start, down) + effect(layer, start + up, down)) / 2)
        plus, minus = new_plus, new_minus
    return [m * c for m, c in zip(plus, (x - base).tolist(), strict=True)]


def filled(net: nn.Sequential, seed: int = 0) -> nn.Sequential:
    draw = torch.Generator().manual_seed(seed)
    for parameter in net.double().parameters():
        parameter.data = torch.randn(parameter.shape, generator=draw, dtype=torch.float64)
    return net.eval()


def points(*shape: int) -> tuple[Tensor, Tensor]:
    draw = torch.Generator().manual_seed(1)
    x = torch.randn(3, *shape, generator=draw, dtype=torch.float64)
    base = torch.randn(shape, generator=draw, dtype=torch.float64)
    x.flatten(1)[:, 0] = base.flatten()[0]
    return x, base


def dense(activation: Callable[[], nn.Module]) -> nn.Sequential:
    return filled(nn.Sequential(nn.Linear(5, 4), activation(), nn.Linear(4, 4), activation(), nn.Linear(4, 3)))


@pytest.mark.parametrize("activation", [nn.ReLU, nn.Sigmoid, nn.Tanh])
def test_the_equations_unit_by_unit(activation: Callable[[], nn.Module]) -> None:
    net = dense(activation)
    x, base = points(5)
    found = REVEAL.attribute(net, x, TARGETS, baseline=base)
    with torch.no_grad():
        for i, target in enumerate(TARGETS.tolist()):
            expected = torch.tensor(by_definition(net, x[i], base, target), dtype=torch.float64)
            torch.testing.assert_close(found[i], expected, atol=1e-10, rtol=0)
            change = (net(x[i]) - net(base))[target]
            assert abs(found[i].sum() - change) <= 1e-10
    assert (found - RESCALE.attribute(net, x, TARGETS, baseline=base)).abs().max() > 0.05


class Written(nn.Module):
    """A dense network whose hidden layers are called as `hidden` says."""

    def __init__(self, net: nn.Sequential, hidden: Callable[[nn.Linear, Tensor], Tensor]) -> None:
        super().__init__()
        self.net, self.hidden = net, hidden

    def forward(self, x: Tensor) -> Tensor:
        return self.net[4](self.hidden(self.net[2], self.hidden(self.net[0], x)))


@pytest.mark.parametrize(
    "hidden",
    [
        lambda layer, x: F.linear(x, layer.weight, layer.bias).relu(),
        lambda layer, x: torch.relu_(x @ layer.weight.T + layer.bias),
        lambda layer, x: torch.addmm(layer.bias, x, layer.weight.T).clamp(min=0),
        lambda layer, x: F.relu(F.dropout(layer(x), training=False)),
        lambda layer, x: F.relu(layer(x[:, None]))[:, 0],
    ],
    ids=["functional", "matmul", "addmm", "dropout", "more dimensions"],
)
def test_every_way_to_write_a_dense_layer(hidden: Callable[[nn.Linear, Tensor], Tensor]) -> None:
    net = dense(nn.ReLU)
    x, base = points(5)
    expected = REVEAL.attribute(net, x, TARGETS, baseline=base)
    found = REVEAL.attribute(Written(net, hidden), x, TARGETS, baseline=base)
    torch.testing.assert_close(found, expected, atol=1e-12, rtol=0)


def test_convolutions_take_rescale() -> None:
    """The head alone, explained over the features below it, gives the linear head that stands for it."""
    body = [nn.Conv2d(2, 3, 3, groups=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()]
    net = filled(nn.Sequential(*body, nn.Linear(6, 4), nn.ReLU(), nn.Linear(4, 3)))
    x, base = points(2, 6, 5)
    found = REVEAL.attribute(net, x, TARGETS, baseline=base)
    with torch.no_grad():
        features, features_base = net[:4](x), net[:4](base[None])[0]
    head = REVEAL.attribute(net[4:], features, TARGETS, baseline=features_base) / (features - features_base)
    for i in range(3):
        stand_in = nn.Linear(prod(features.shape[1:]), 1, bias=False, dtype=torch.float64)
        stand_in.weight.data = head[i : i + 1]
        linear = nn.Sequential(*net[:4], stand_in)
        expected = RESCALE.attribute(linear, x[i : i + 1], baseline=base)
        torch.testing.assert_close(found[i : i + 1], expected, atol=1e-10, rtol=0)


def test_without_cancellation_it_is_rescale() -> None:
    """Where all terms have one sign, there is nothing to reveal."""
    net = dense(nn.ReLU)
    for parameter in net.parameters():
        parameter.data.abs_()
    x = torch.rand(3, 5, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    both = [method.attribute(net, x, TARGETS) for method in (REVEAL, RESCALE)]
    torch.testing.assert_close(*both, atol=1e-12, rtol=0)


def test_a_model_without_a_dense_hidden_layer_is_refused() -> None:
    net = filled(nn.Sequential(nn.Conv2d(2, 3, 3), nn.ReLU(), nn.Flatten(), nn.Linear(36, 3)))
    x, _ = points(2, 6, 5)
    with pytest.raises(Unsupported, match="no activation right after a fully connected layer"):
        REVEAL.attribute(net, x, TARGETS)


def test_batch_size_does_not_matter() -> None:
    net = dense(nn.Tanh)
    x, base = points(5)
    whole = REVEAL.attribute(net, x, TARGETS, baseline=base)
    torch.testing.assert_close(
        REVEAL.attribute(net, x, TARGETS, baseline=base, batch_size=2), whole, atol=1e-12, rtol=0
    )
