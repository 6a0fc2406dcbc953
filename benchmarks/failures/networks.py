"""Small float64 networks with known answers."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

Rows = Sequence[Sequence[float]]


def row(*values: float) -> Tensor:
    """One sample of columns."""
    return torch.tensor([values], dtype=torch.float64)


def pixels(*values: float) -> Tensor:
    """One image of one channel and one line."""
    return torch.tensor(values, dtype=torch.float64).reshape(1, 1, 1, -1)


def dense(*weights: Sequence[float]) -> nn.Linear:
    """A fully connected layer without bias."""
    layer = nn.Linear(len(weights[0]), len(weights), bias=False, dtype=torch.float64)
    layer.weight.data = torch.tensor(weights, dtype=torch.float64)
    return layer


def drawn(net: nn.Module, seed: int = 0) -> nn.Module:
    """`net` in float64 and eval mode, its parameters drawn from a normal distribution of deviation 1/2."""
    generator = torch.Generator().manual_seed(seed)
    for parameter in net.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator, dtype=torch.float64) / 2
    return net.double().eval()


def draws(*shape: int, seed: int = 1) -> Tensor:
    """Standard normal inputs."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


class Function(nn.Module):
    """A function as a module."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, inputs: Tensor) -> Tensor:
        return self.function(inputs)


class Between(nn.Module):
    """A function, which is no module, between two fully connected layers."""

    def __init__(self, first: nn.Linear, function: Callable[[Tensor], Tensor], last: nn.Linear) -> None:
        super().__init__()
        self.first, self.last, self.function = first, last, function

    def forward(self, inputs: Tensor) -> Tensor:
        out: Tensor = self.last(self.function(self.first(inputs)))
        return out


class Line(nn.Module):
    """A convolution over a whole line of pixels, what follows it, a ReLU, and the output: weights of one unit."""

    def __init__(self, *weights: float, then: nn.Module | None = None) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(1, 1, (1, len(weights)), bias=False, dtype=torch.float64)
        self.convolution.weight.data = torch.tensor(weights, dtype=torch.float64).reshape(1, 1, 1, -1)
        self.then, self.relu, self.last = then, nn.ReLU(), dense([1.0])

    def forward(self, inputs: Tensor) -> Tensor:
        hidden = self.convolution(inputs)
        out: Tensor = self.last(self.relu(hidden if self.then is None else self.then(hidden)).flatten(1))
        return out


class Reused(nn.Module):
    """A fully connected layer that runs twice, with ReLU modules of their own."""

    def __init__(self) -> None:
        super().__init__()
        self.twice, self.last = nn.Linear(4, 4, bias=False), nn.Linear(4, 2, bias=False)
        self.first_relu, self.second_relu = nn.ReLU(), nn.ReLU()

    def forward(self, inputs: Tensor) -> Tensor:
        out: Tensor = self.last(self.second_relu(self.twice(self.first_relu(self.twice(inputs)))))
        return out


class ReusedRelu(nn.Module):
    """relu(relu(x) - 1) by one module."""

    def __init__(self) -> None:
        super().__init__()
        self.relu = nn.ReLU()

    def forward(self, inputs: Tensor) -> Tensor:
        out: Tensor = self.relu(self.relu(inputs) - 1)
        return out


def line_of(*layers: nn.Module) -> nn.Module:
    """Layers that read series, for columns."""
    return nn.Sequential(nn.Unflatten(1, (1, -1)), *layers, nn.Flatten()).double().eval()


def input_x_gradient(net: nn.Module, inputs: Tensor, target: int) -> Tensor:
    """x df/dx by autograd."""
    leaf = inputs.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(net(leaf)[:, target].sum(), leaf)
    return inputs * gradient
