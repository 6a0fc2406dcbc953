"""Small networks, each written in several ways: the same weights, the same outputs, other modules and functions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

CHANNELS = 4


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
        self._fill()

    def write(self) -> None:
        """Make the modules that have no weights."""
        for place in ("first", "second", "hidden"):
            setattr(self, f"{place}_activation", self.activation_module())
        self.pool = nn.MaxPool2d(self.architecture.kernel, self.architecture.stride)

    def activation_module(self) -> nn.Module:
        return {"relu": nn.ReLU, "gelu": nn.GELU, "silu": nn.SiLU}[self.architecture.activation]()

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

    def _fill(self) -> None:
        draw = torch.Generator().manual_seed(0)
        for name, value in self.double().eval().state_dict().items():
            if value.is_floating_point():
                noise = torch.randn(value.shape, generator=draw, dtype=torch.float64)
                value.copy_(noise.square() + 0.5 if name.endswith("running_var") else noise / 2)


class Reused(Network):
    """One activation module that runs three times."""

    def write(self) -> None:
        super().write()
        self.first_activation = self.second_activation = self.hidden_activation = self.activation_module()


class InPlaceModules(Network):
    """Activation modules that overwrite what they read; GELU has no such form."""

    def activation_module(self) -> nn.Module:
        module = super().activation_module()
        if isinstance(module, nn.ReLU | nn.SiLU):
            module.inplace = True
        return module


class ReusedInPlace(Reused, InPlaceModules):
    """One activation module that runs three times and overwrites what it reads."""


class Functional(Network):
    """Functions for all but the convolutions and the fully connected layers."""

    def write(self) -> None:
        pass

    def forward(self, inputs: Tensor) -> Tensor:
        lower = self.activate(self.normalise(self.convolve(inputs, self.first), "first_norm"))
        lower = F.max_pool2d(lower, self.architecture.kernel, self.architecture.stride)
        upper = self.normalise(self.convolve(lower, self.second), "second_norm")
        upper = self.activate(self.add(upper, lower) if self.architecture.skip else upper)
        return self.connect(self.activate(self.connect(torch.flatten(upper, 1), self.hidden)), self.last)

    def convolve(self, values: Tensor, layer: nn.Module) -> Tensor:
        out: Tensor = layer(values)
        return out

    def connect(self, values: Tensor, layer: nn.Module) -> Tensor:
        out: Tensor = layer(values)
        return out

    def add(self, upper: Tensor, lower: Tensor) -> Tensor:
        return torch.add(upper, lower)

    def activate(self, values: Tensor) -> Tensor:
        out: Tensor = getattr(F, self.architecture.activation)(values)
        return out

    def normalise(self, values: Tensor, name: str) -> Tensor:
        norm = getattr(self, name, None)
        if isinstance(norm, nn.BatchNorm2d):
            return F.batch_norm(values, norm.running_mean, norm.running_var, norm.weight, norm.bias, eps=norm.eps)
        if isinstance(norm, nn.LayerNorm):
            return F.layer_norm(values, list(norm.normalized_shape), norm.weight, norm.bias, norm.eps)
        return values


class InPlaceFunctions(Functional):
    """Functions and operators that overwrite what they read."""

    def add(self, upper: Tensor, lower: Tensor) -> Tensor:
        upper += lower
        return upper

    def activate(self, values: Tensor) -> Tensor:
        return values.relu_()


class FunctionalLayers(Functional):
    """Functions for everything."""

    def convolve(self, values: Tensor, layer: nn.Module) -> Tensor:
        assert isinstance(layer, nn.Conv2d)
        return F.conv2d(values, layer.weight, layer.bias, padding=1)

    def connect(self, values: Tensor, layer: nn.Module) -> Tensor:
        assert isinstance(layer, nn.Linear)
        return F.linear(values, layer.weight, layer.bias)


class PartlyRectified(Network):
    """A ReLU module first, and ReLU by some other function later."""

    def __init__(self, rectifier: Callable[[Tensor], Tensor]) -> None:
        super().__init__(PLAIN)
        self.second_activation = self.hidden_activation = Rectifier(rectifier)


class Rectifier(nn.Module):
    """ReLU by some other function."""

    def __init__(self, rectifier: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.rectifier = rectifier

    def forward(self, inputs: Tensor) -> Tensor:
        return self.rectifier(inputs)


PLAIN = Architecture()
Way = Callable[[Architecture], nn.Module]

EVERY_WAY: Mapping[str, Way] = {
    "modules": Network,
    "functions": Functional,
    "one in-place module": ReusedInPlace,
}


def by(rectifier: Callable[[Tensor], Tensor]) -> Way:
    """Networks with this function for ReLU."""
    return lambda _: PartlyRectified(rectifier)


COLUMNS: Mapping[str, tuple[Architecture, Mapping[str, Way]]] = {
    "plain CNN": (PLAIN, {"modules": Network}),
    "functional ReLU": (PLAIN, {"functions": Functional}),
    "reused ReLU": (PLAIN, {"one module": Reused}),
    "in-place ReLU": (PLAIN, {"modules": InPlaceModules, "functions": InPlaceFunctions}),
    "clamp for ReLU": (
        PLAIN,
        {
            "x.clamp(min=0)": by(lambda x: x.clamp(min=0)),
            "F.threshold(x, 0, 0)": by(lambda x: F.threshold(x, 0.0, 0.0)),
        },
    ),
    "mask for ReLU": (
        PLAIN,
        {
            "x * (x > 0)": by(lambda x: x * (x > 0)),
            "torch.where(x > 0, x, 0)": by(lambda x: torch.where(x > 0, x, 0.0)),
            "x.masked_fill(x <= 0, 0)": by(lambda x: x.masked_fill(x <= 0, 0.0)),
            "torch.maximum(x, 0)": by(lambda x: torch.maximum(x, torch.zeros_like(x))),
            "(x + x.abs()) / 2": by(lambda x: (x + x.abs()) / 2),
        },
    ),
    "functional layers": (PLAIN, {"functions": FunctionalLayers}),
    "BatchNorm": (replace(PLAIN, norm="batch"), EVERY_WAY),
    "residual": (replace(PLAIN, skip=True), {**EVERY_WAY, "in-place functions": InPlaceFunctions}),
    "overlapping max pool": (replace(PLAIN, kernel=3, stride=1), EVERY_WAY),
    "grouped convolution": (replace(PLAIN, groups=(2, 2)), EVERY_WAY),
    "depthwise convolution": (replace(PLAIN, groups=(2, CHANNELS)), EVERY_WAY),
    "non-square input": (replace(PLAIN, size=(6, 9)), EVERY_WAY),
    "GELU": (replace(PLAIN, activation="gelu"), EVERY_WAY),
    "SiLU": (replace(PLAIN, activation="silu"), EVERY_WAY),
    "LayerNorm": (replace(PLAIN, norm="layer"), EVERY_WAY),
}
"""The columns of the table: an architecture, and the ways to write it that are compared with `Network`."""
