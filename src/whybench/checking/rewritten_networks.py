"""The same networks written in other ways: the same weights, the same outputs, other modules and functions."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from whybench.checking.networks import Network


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
