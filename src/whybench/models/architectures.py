"""Untrained networks that several built-in models share."""

from collections import OrderedDict
from itertools import pairwise

from torch import Tensor, nn


class ResidualUnit(nn.Module):
    """Two convolutions with batch normalisation, added to the input: relu(s(x) + f(x)).

    f halves the sides by `stride` 2; s is the input itself, or a convolution of one pixel where shapes differ.
    """

    def __init__(self, before: int, after: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, after, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(after)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(after, after, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(after)
        same = before == after and stride == 1
        self.shortcut = nn.Identity() if same else nn.Conv2d(before, after, 1, stride)
        self.relu2 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        added: Tensor = self.relu2(self.shortcut(x) + self.norm2(self.conv2(self.relu1(self.norm1(self.conv1(x))))))
        return added


def residual(channels: int, classes: int, stride: int = 1, width: int = 16) -> nn.Sequential:
    """A stem, then units of `width`, `2 width` and `4 width` maps, the last two at half the sides, and their means."""
    return nn.Sequential(
        OrderedDict(
            stem=nn.Conv2d(channels, width, 3, stride, 1, bias=False),
            norm=nn.BatchNorm2d(width),
            relu=nn.ReLU(),
            unit1=ResidualUnit(width, width),
            unit2=ResidualUnit(width, 2 * width, 2),
            unit3=ResidualUnit(2 * width, 4 * width, 2),
            mean=nn.AdaptiveAvgPool2d(1),
            flatten=nn.Flatten(),
            logits=nn.Linear(4 * width, classes),
        )
    )


def pooling(channels: int, side: int, classes: int) -> nn.Sequential:
    """Two convolutions of five pixels a side, each with ReLU and average pooling, and two linear layers.

    side: of the square inputs, in pixels.
    """
    left = side // 2 // 2
    return nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(channels, 8, 5, padding=2),
            relu1=nn.ReLU(),
            pool1=nn.AvgPool2d(2),
            conv2=nn.Conv2d(8, 16, 5, padding=2),
            relu2=nn.ReLU(),
            pool2=nn.AvgPool2d(2),
            flatten=nn.Flatten(),
            hidden=nn.Linear(16 * left * left, 48),
            relu3=nn.ReLU(),
            logits=nn.Linear(48, classes),
        )
    )


def convolutional(channels: int, side: int, classes: int) -> nn.Sequential:
    """Two convolutions of three pixels a side, each with ReLU and max-pooling, and two linear layers.

    side: of the square inputs, in pixels.
    """
    left = side // 2 // 2
    return nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(channels, 16, 3, padding=1),
            relu1=nn.ReLU(),
            pool1=nn.MaxPool2d(2),
            conv2=nn.Conv2d(16, 32, 3, padding=1),
            relu2=nn.ReLU(),
            pool2=nn.MaxPool2d(2),
            flatten=nn.Flatten(),
            hidden=nn.Linear(32 * left * left, 64),
            relu3=nn.ReLU(),
            logits=nn.Linear(64, classes),
        )
    )


def pooled_once(side: int, classes: int) -> nn.Sequential:
    """Two convolutions of three pixels a side on grey images, one max-pooling, and two linear layers.

    side: of the square inputs, in pixels.
    """
    left = side // 2
    return nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(1, 16, 3, padding=1),
            relu1=nn.ReLU(),
            conv2=nn.Conv2d(16, 32, 3, padding=1),
            relu2=nn.ReLU(),
            pool=nn.MaxPool2d(2),
            flatten=nn.Flatten(),
            hidden=nn.Linear(32 * left * left, 64),
            relu3=nn.ReLU(),
            logits=nn.Linear(64, classes),
        )
    )


def perceptron(*widths: int) -> nn.Sequential:
    """Linear layers from the features, `widths[0]` in all, to the classes, `widths[-1]`, with ReLU between them."""
    layers: OrderedDict[str, nn.Module] = OrderedDict(flatten=nn.Flatten())
    for number, (before, after) in enumerate(pairwise(widths), 1):
        last = number == len(widths) - 1
        layers["logits" if last else f"hidden{number}"] = nn.Linear(before, after)
        if not last:
            layers[f"relu{number}"] = nn.ReLU()
    return nn.Sequential(layers)
