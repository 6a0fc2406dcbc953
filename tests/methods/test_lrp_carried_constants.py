"""BatchNorm's constants on every way to the next layer: with a small epsilon the map stays input x gradient."""

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from lrp_networks import weighted
from torch import Tensor, nn

from whybench.methods.attribution import InputXGradient, Lrp

TARGETS = torch.tensor([0, 2, 1])


class Network(nn.Module):
    """conv -> ReLU -> BN, then `way`, which gets the network, what BN read and what it made."""

    def __init__(self, way: "Way", columns: int) -> None:
        super().__init__()
        self.stem, self.norm = nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4)
        self.conv, self.top = nn.Conv2d(4, 4, 3, padding=1), nn.Linear(columns, 3)
        self.way = way

    def forward(self, x: Tensor) -> Tensor:
        read = F.relu(self.stem(x))
        return self.top(self.way(self, read, self.norm(read)).flatten(1))


Way = Callable[[Network, Tensor, Tensor], Tensor]
FACTORS = torch.tensor([1.0, -2.0, 3.0, 0.5], dtype=torch.float64)[:, None, None]

WAYS: dict[str, tuple[int, Way]] = {
    "beside a constant": (192, lambda net, h, y: torch.cat([y, torch.ones(len(y), 4, 6, 4).to(net.top.weight)], 1)),
    "beside another": (192, lambda net, h, y: torch.stack([y, h], 2)),
    "in chunks": (96, lambda net, h, y: torch.cat([part * (i + 1) for i, part in enumerate(y.chunk(2, 1))], 1)),
    "one of two": (48, lambda net, h, y: y.split(2, 1)[1]),
    "broadcast": (96, lambda net, h, y: h + y.mean((2, 3), keepdim=True)),
    "twice": (96, lambda net, h, y: y + y),
    "taken away": (96, lambda net, h, y: F.relu(h - y)),
    "taken from a constant": (96, lambda net, h, y: F.relu(1 - y)),
    "largest": (4, lambda net, h, y: F.relu(y).amax((2, 3))),
    "adaptive max pool": (16, lambda net, h, y: F.adaptive_max_pool2d(F.relu(y), 2)),
    "uneven max pool": (24, lambda net, h, y: F.max_pool2d(y, 3, 2, ceil_mode=True)),
    "leaky ReLU": (96, lambda net, h, y: net.conv(F.leaky_relu(y, 0.2))),
    "scaled and shifted again": (96, lambda net, h, y: net.conv(F.relu(y) * FACTORS + 1)),
    "rectified twice": (96, lambda net, h, y: net.conv(F.relu(F.relu(y) - 0.3))),
    "channels last": (96, lambda net, h, y: F.linear(F.relu(y).permute(0, 2, 3, 1), net.conv.weight[:, :, 0, 0])),
    "padded average pool": (24, lambda net, h, y: net.conv(F.avg_pool2d(F.relu(y), 3, 2, 1))),
    "reflected": (192, lambda net, h, y: net.conv(F.pad(F.relu(y), (1, 1, 1, 1), mode="reflect"))),
    "padded with a constant": (192, lambda net, h, y: net.conv(F.pad(F.relu(y), (1, 1, 1, 1), value=0.7))),
    "reordered": (96, lambda net, h, y: net.conv(F.relu(y)[:, [3, 2, 1, 0]])),
    "normalised twice": (96, lambda net, h, y: net.conv(net.norm(F.relu(y)))),
}


@pytest.mark.parametrize("canonise", ["scale", "none"])
@pytest.mark.parametrize("name", WAYS)
def test_small_epsilon_is_input_x_gradient(name: str, canonise: str) -> None:
    columns, way = WAYS[name]
    net = weighted(Network(way, columns))
    x = torch.randn(3, 2, 8, 6, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    expected = InputXGradient().attribute(net, x, TARGETS)
    found = Lrp("epsilon", epsilon=1e-15, canonise=canonise).attribute(net, x, TARGETS)
    torch.testing.assert_close(found, expected, atol=1e-10 * float(expected.abs().max()), rtol=0)
    for composite in ("epsilon_plus", "epsilon_gamma_box", "epsilon_alpha2_beta1_flat", "deep_taylor"):
        assert torch.isfinite(Lrp(composite, low=-5.0, high=5.0, canonise=canonise).attribute(net, x, TARGETS)).all()
