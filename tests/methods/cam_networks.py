"""Small networks in every style that feature maps come in, split where a CAM looks at them."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Activation = Callable[[Tensor], Tensor]


def weighted(module: nn.Module, seed: int = 0) -> nn.Module:
    """`module` in float64 and eval mode, with seeded weights and BatchNorm statistics of ordinary size."""
    draw = torch.Generator().manual_seed(seed)
    for name, tensor in [*module.named_parameters(), *module.named_buffers()]:
        if tensor.is_floating_point():
            fan = tensor[0].numel() if tensor.ndim > 1 else 4
            values = torch.randn(tensor.shape, generator=draw, dtype=torch.float64) * (2 / fan) ** 0.5
            tensor.data = values.abs() + 0.1 if name.endswith("running_var") else values
    return module.double().eval()


class Net(nn.Module):
    """For inputs (n, 2, 9, 6): three convolutions with activations as they are given, and a linear layer.

    groups: of the second convolution; norm, skip, pool: BatchNorm after the first two, a residual connection around
    the second, an overlapping max pool before the third, which is called `last`.
    """

    def __init__(
        self, activations: list[Activation], groups: int = 1, norm: bool = False, skip: bool = False, pool: bool = False
    ) -> None:
        super().__init__()
        self.first = nn.Conv2d(2, 4, 3, padding=1)
        self.second = nn.Conv2d(4, 4, 3, padding=1, groups=groups)
        self.last = nn.Conv2d(4, 5, (3, 2))
        self.norms = nn.ModuleList(nn.BatchNorm2d(4) if norm else nn.Identity() for _ in range(2))
        self.head = nn.Linear(30 if pool else 175, 3)
        self.skip, self.pool = skip, pool
        self.activations = activations
        self.modules_among_them = nn.ModuleList({a for a in activations if isinstance(a, nn.Module)})

    def maps(self, x: Tensor) -> Tensor:
        one, two, _ = self.activations
        kept = one(self.norms[0](self.first(x)))
        out = self.norms[1](self.second(kept))
        out = two(out + kept if self.skip else out)
        return self.last(F.max_pool2d(out, 3, 2, 1) if self.pool else out)

    def top(self, maps: Tensor) -> Tensor:
        return self.head(self.activations[2](maps).flatten(1))

    def forward(self, x: Tensor) -> Tensor:
        return self.top(self.maps(x))


SHARED = nn.ReLU()
STYLES: dict[str, Callable[[], list[Activation]]] = {
    "functional": lambda: [F.relu, torch.relu, Tensor.relu],
    "in place": lambda: [nn.ReLU(inplace=True), F.relu_, lambda x: x.clamp_(min=0)],
    "reused": lambda: [SHARED, SHARED, SHARED],
    "reused in place": lambda: [nn.ReLU(inplace=True)] * 3,
}
"""Ways to run a ReLU other than by a module of its own."""

VARIANTS: dict[str, dict[str, object]] = {
    "plain": {},
    "BatchNorm": {"norm": True},
    "residual": {"skip": True, "norm": True},
    "overlapping max pool": {"pool": True},
    "grouped": {"groups": 2},
    "depthwise": {"groups": 4, "skip": True, "pool": True},
}

OTHERS: dict[str, Callable[[], list[Activation]]] = {
    "gelu": lambda: [nn.GELU(), F.gelu, nn.GELU()],
    "silu": lambda: [nn.SiLU(), F.silu, nn.SiLU(inplace=True)],
}
"""Activations that are not ReLU."""


def modules() -> list[Activation]:
    return [nn.ReLU(), nn.ReLU(), nn.ReLU()]


def net(activations: list[Activation] | None = None, **variant: object) -> Net:
    made = weighted(Net(activations or modules(), **variant))  # type: ignore[arg-type]
    assert isinstance(made, Net)
    return made


def pictures(rows: int = 3, height: int = 9, width: int = 6) -> Tensor:
    draw = torch.Generator().manual_seed(1)
    return torch.randn(rows, 2, height, width, generator=draw, dtype=torch.float64)
