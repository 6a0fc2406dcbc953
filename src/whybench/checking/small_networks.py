"""Networks of the zoo that are no `Network`."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from whybench.checking.networks import filled

WIDTH = 4


def linear() -> nn.Module:
    """Three classes, six columns; the last two columns have no weight."""
    layer = nn.Linear(6, 3)
    filled(layer)
    layer.weight.data[:, 4:] = 0
    return nn.Sequential(layer)


def mlp(outputs: int = 3) -> nn.Module:
    """One hidden layer with ReLU."""
    return filled(nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, outputs)))


class Additive(nn.Module):
    """Every column goes through a rectifier of its own; classes are weighted sums."""

    def __init__(self) -> None:
        super().__init__()
        self.scale, self.shift = nn.Parameter(torch.ones(6)), nn.Parameter(torch.zeros(6))
        self.rectifier, self.last = nn.ReLU(), nn.Linear(6, 3)
        filled(self)

    def forward(self, inputs: Tensor) -> Tensor:
        out: Tensor = self.last(self.rectifier(inputs * self.scale + self.shift))
        return out


class Edges(nn.Module):
    """The difference of two neighbours, then an overlapping max pool, a rectifier and three classes."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(1, 2, (1, 2), bias=False)
        self.pool, self.rectifier = nn.MaxPool2d(3, 1), nn.ReLU()
        self.last = nn.Linear(2 * 4 * 3, 3)
        filled(self)
        self.convolution.weight.data.copy_(torch.tensor([[1.0, -1.0], [-1.0, 1.0]]).view(2, 1, 1, 2))

    def forward(self, inputs: Tensor) -> Tensor:
        out: Tensor = self.last(self.rectifier(self.pool(self.convolution(inputs))).flatten(1))
        return out


class PixelTransformer(nn.Module):
    """A vision transformer: 2 x 2 patches, a class token, one block of attention and GELU."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Conv2d(2, WIDTH, 2, stride=2)
        self.token, self.places = nn.Parameter(torch.zeros(1, 1, WIDTH)), nn.Parameter(torch.zeros(1, 10, WIDTH))
        self.before, self.between = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.mixed, self.out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.up, self.down, self.last = nn.Linear(WIDTH, 8), nn.Linear(8, WIDTH), nn.Linear(WIDTH, 3)
        filled(self)

    def forward(self, inputs: Tensor) -> Tensor:
        tokens = self.embed(inputs).flatten(2).mT
        tokens = torch.cat([self.token.expand(len(tokens), -1, -1), tokens], 1) + self.places
        queries, keys, values = self.mixed(self.before(tokens)).chunk(3, 2)
        tokens = tokens + self.out((queries @ keys.mT / WIDTH**0.5).softmax(2) @ values)
        tokens = tokens + self.down(F.gelu(self.up(self.between(tokens))))
        out: Tensor = self.last(tokens[:, 0])
        return out
