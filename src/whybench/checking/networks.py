"""Small convolutional networks with a module for everything that runs."""

from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor, nn

CHANNELS = 4
N = TypeVar("N", bound=nn.Module)


@dataclass(frozen=True)
class Architecture:
    """What a network of two convolutions and two fully connected layers has besides.

    activation: relu, gelu or silu; norm: batch, layer or none, after each convolution; groups: of each convolution;
    kernel, stride: of the max pool; skip: an addition around the second convolution; size: of the input.
    """

    activation: str = "relu"
    norm: str = "none"
    groups: tuple[int, int] = (1, 1)
    kernel: int = 2
    stride: int = 2
    skip: bool = False
    size: tuple[int, int] = (6, 6)

    @property
    def pooled(self) -> tuple[int, int]:
        height, width = ((side - self.kernel) // self.stride + 1 for side in self.size)
        return height, width


class Network(nn.Module):
    """An `Architecture` for inputs (n, 2, height, width), with a module of its own for everything that runs."""

    first_norm: nn.Module
    second_norm: nn.Module
    first_activation: nn.Module
    second_activation: nn.Module
    hidden_activation: nn.Module

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.architecture = architecture
        self.first, self.second = (
            nn.Conv2d(inputs, CHANNELS, 3, padding=1, groups=groups)
            for inputs, groups in zip((2, CHANNELS), architecture.groups, strict=True)
        )
        if architecture.norm != "none":
            self.first_norm, self.second_norm = self._norm(architecture.size), self._norm(architecture.pooled)
        height, width = architecture.pooled
        self.hidden, self.last = nn.Linear(CHANNELS * height * width, 5), nn.Linear(5, 3)
        self.write()
        filled(self)

    def write(self) -> None:
        """Make the modules that have no weights."""
        for place in ("first", "second", "hidden"):
            setattr(self, f"{place}_activation", self.activation_module())
        self.pool = nn.MaxPool2d(self.architecture.kernel, self.architecture.stride)

    def activation_module(self) -> nn.Module:
        kinds: dict[str, type[nn.Module]] = {"relu": nn.ReLU, "gelu": nn.GELU, "silu": nn.SiLU}
        return kinds[self.architecture.activation]()

    def forward(self, inputs: Tensor) -> Tensor:
        plain = self.architecture.norm == "none"
        lower = self.first(inputs)
        lower = self.pool(self.first_activation(lower if plain else self.first_norm(lower)))
        upper = self.second(lower)
        upper = upper if plain else self.second_norm(upper)
        upper = self.second_activation(upper + lower if self.architecture.skip else upper)
        out: Tensor = self.last(self.hidden_activation(self.hidden(upper.flatten(1))))
        return out

    def _norm(self, size: tuple[int, int]) -> nn.Module:
        return nn.BatchNorm2d(CHANNELS) if self.architecture.norm == "batch" else nn.LayerNorm((CHANNELS, *size))


def filled(module: N) -> N:
    """Weights drawn from a generator of their own, in float64 and eval mode; variances are positive."""
    draw = torch.Generator().manual_seed(0)
    for name, value in module.double().eval().state_dict().items():
        if value.is_floating_point():
            noise = torch.randn(value.shape, generator=draw, dtype=torch.float64)
            value.copy_(noise.square() + 0.5 if name.endswith("running_var") else noise / 2)
    return module
