"""One network written with modules and with functions: the same map, and input x gradient where epsilon is small."""

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from filled_weights import filled
from torch import Tensor, nn

from whybench.errors import Unsupported
from whybench.methods.attribution import InputXGradient, Lrp

COMPOSITES = ("epsilon", "epsilon_plus", "epsilon_gamma_box", "epsilon_alpha2_beta1_flat", "deep_taylor")
TARGETS = torch.tensor([0, 2])


class Network(nn.Module):
    """conv, `act`, `pool`, `middle` (with a skip or not), `act`, a linear layer; for inputs of shape (n, 2, 8, 6)."""

    def __init__(
        self,
        act: Callable[[Tensor], Tensor],
        pool: Callable[[Tensor], Tensor],
        middle: nn.Module,
        columns: int,
        skip: bool = False,
        norm: Callable[[nn.BatchNorm2d, Tensor], Tensor] | None = None,
    ) -> None:
        super().__init__()
        self.stem, self.norm, self.middle, self.top = (
            nn.Conv2d(2, 4, 3),
            nn.BatchNorm2d(4),
            middle,
            nn.Linear(columns, 3),
        )
        self.act, self.pool, self.skip, self.normalise = act, pool, skip, norm

    def forward(self, x: Tensor) -> Tensor:
        h = self.stem(x)
        if self.normalise is not None:
            h = self.normalise(self.norm, h)
        h = self.pool(self.act(h))
        out = self.middle(h)
        if self.skip:
            out = out + h
        return self.top(self.act(out).flatten(1))


def in_place(x: Tensor) -> Tensor:
    return F.relu_(x)


def normed(norm: nn.BatchNorm2d, x: Tensor) -> Tensor:
    return F.batch_norm(x, norm.running_mean, norm.running_var, norm.weight, norm.bias)


def by_hand(norm: nn.BatchNorm2d, x: Tensor) -> Tensor:
    gain = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    return x * gain[:, None, None] + (norm.bias - norm.running_mean * gain)[:, None, None]


def called(norm: nn.BatchNorm2d, x: Tensor) -> Tensor:
    out: Tensor = norm(x)
    return out


def max_pool(x: Tensor) -> Tensor:
    return F.max_pool2d(x, 3, 2, 1)


def conv(groups: int = 1) -> nn.Module:
    return nn.Conv2d(4, 4, 3, padding=1, groups=groups)


class Functional(nn.Module):
    def __init__(self, module: nn.Conv2d) -> None:
        super().__init__()
        self.weight, self.bias, self.groups = module.weight, module.bias, module.groups

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(F.pad(x, (1, 1, 1, 1)), self.weight, self.bias, groups=self.groups)


def functional(groups: int) -> nn.Module:
    return Functional(nn.Conv2d(4, 4, 3, padding=1, groups=groups))


MAX, AVG, COLUMNS = nn.MaxPool2d(3, 2, 1), nn.AvgPool2d(2), 24
PAIRS: dict[str, list[Callable[[], Network]]] = {
    "functional, reused and in-place ReLU": [
        lambda: Network(nn.ReLU(), MAX, conv(), COLUMNS),
        lambda: Network(F.relu, max_pool, conv(), COLUMNS),
        lambda: Network(nn.ReLU(inplace=True), MAX, conv(), COLUMNS),
        lambda: Network(in_place, MAX, conv(), COLUMNS),
        lambda: Network(Tensor.relu, MAX, conv(), COLUMNS),
        lambda: Network(lambda x: x.clamp(min=0), MAX, conv(), COLUMNS),
    ],
    "residual": [
        lambda: Network(nn.ReLU(), MAX, conv(), COLUMNS, skip=True),
        lambda: Network(in_place, max_pool, functional(1), COLUMNS, skip=True),
    ],
    "batch norm": [
        lambda: Network(nn.ReLU(), MAX, conv(), COLUMNS, norm=called),
        lambda: Network(F.relu, MAX, conv(), COLUMNS, norm=normed),
        lambda: Network(in_place, MAX, conv(), COLUMNS, norm=by_hand),
    ],
    "grouped": [
        lambda: Network(nn.ReLU(), MAX, conv(2), COLUMNS),
        lambda: Network(F.relu, MAX, functional(2), COLUMNS),
    ],
    "depthwise": [
        lambda: Network(nn.ReLU(), MAX, conv(4), COLUMNS),
        lambda: Network(F.relu, MAX, functional(4), COLUMNS),
    ],
    "average pool": [
        lambda: Network(nn.ReLU(), AVG, conv(), COLUMNS),
        lambda: Network(F.relu, lambda x: F.avg_pool2d(x, 2), conv(), COLUMNS),
    ],
    "leaky ReLU": [
        lambda: Network(nn.LeakyReLU(0.1), MAX, conv(), COLUMNS),
        lambda: Network(lambda x: F.leaky_relu(x, 0.1), MAX, conv(), COLUMNS),
    ],
}


@pytest.fixture
def x() -> Tensor:
    return torch.randn(2, 2, 8, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def built(make: Callable[[], Network]) -> nn.Module:
    net = filled(make())
    assert isinstance(net, Network)
    net.norm.running_mean.copy_(torch.tensor([0.3, -0.2, 0.1, 0.5]))
    net.norm.running_var.copy_(torch.tensor([0.5, 2.0, 1.0, 0.3]))
    return net


@pytest.mark.parametrize("composite", COMPOSITES)
@pytest.mark.parametrize("name", PAIRS)
def test_one_network_has_one_map_however_it_is_written(name: str, composite: str, x: Tensor) -> None:
    first, *others = (Lrp(composite, low=-4.0, high=4.0).attribute(built(make), x, TARGETS) for make in PAIRS[name])
    assert first.abs().max() > 1e-4
    for other in others:
        torch.testing.assert_close(other, first, atol=1e-11 * float(first.abs().max()), rtol=0)


@pytest.mark.parametrize("name", PAIRS)
def test_small_epsilon_is_input_x_gradient(name: str, x: Tensor) -> None:
    for make in PAIRS[name]:
        net = built(make)
        expected = InputXGradient().attribute(net, x, TARGETS)
        found = Lrp("epsilon", epsilon=1e-14).attribute(net, x, TARGETS)
        torch.testing.assert_close(found, expected, atol=1e-10 * float(expected.abs().max()), rtol=0)


SMOOTH: dict[str, tuple[Callable[[Tensor], Tensor], str]] = {
    "GELU": (nn.GELU(), r"no rule for 'gelu' \(in module 'act'\)"),
    "functional GELU": (F.gelu, r"no rule for 'gelu' \(in the model's own forward\)"),
    "SiLU": (nn.SiLU(), r"no rule for 'silu' \(in module 'act'\)"),
    "SiLU written out": (lambda x: x * torch.sigmoid(x), "no rule for 'sigmoid'"),
    "functional LayerNorm": (lambda x: F.layer_norm(x, x.shape[1:]), "no rule for 'layer_norm'"),
}


@pytest.mark.parametrize("name", SMOOTH)
def test_what_has_no_rule_is_refused_with_its_layer(name: str, x: Tensor) -> None:
    act, message = SMOOTH[name]
    with pytest.raises(Unsupported, match=message):
        Lrp().attribute(filled(Network(act, MAX, conv(), COLUMNS)), x, TARGETS)


def test_layer_norm_is_refused_with_its_layer(x: Tensor) -> None:
    net = Network(F.relu, MAX, nn.Sequential(conv(), nn.LayerNorm([4, 3, 2])), COLUMNS)
    with pytest.raises(Unsupported, match=r"no rule for 'layer_norm' \(in module 'middle\.1'\)"):
        Lrp().attribute(filled(net), x, TARGETS)
