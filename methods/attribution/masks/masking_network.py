"""The network that draws a mask for an image and a class."""

from itertools import pairwise
from math import sqrt

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class MaskingNetwork(nn.Module):
    """A U-Net with a class selector at its bottom.

    Convolutions of 3 x 3 with ReLU lead down through `widths`, each level half the size of the one before, and up
    again beside the features of the way down. At the bottom every position's features f are multiplied by
    sigmoid(f . c), with a vector c learned for each class: where nothing speaks for the class, nothing goes up.

    forward(images, targets): (n, channels, height, width) and (n,) int64 -> masks (n, height, width) from 0 to 1.

    Source: dabkowski2017, whose way down is that of a classifier trained before.
    """

    def __init__(self, channels: int, classes: int, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.enter = _convolution(channels, widths[0])
        self.down = nn.ModuleList(_convolution(a, b) for a, b in pairwise(widths))
        self.classes = nn.Embedding(classes, widths[-1])
        self.up = nn.ModuleList(_convolution(a + b, a) for a, b in pairwise(widths))
        self.leave = _convolution(widths[0], 1)

    def initialise(self, generator: torch.Generator) -> None:
        """He's normal weights and zero biases; masks begin at one half.

        Source: he2015.
        """
        with torch.no_grad():
            for parameter in self.parameters():
                if parameter.ndim == 4:
                    drawn = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
                    parameter.copy_(drawn * sqrt(2 / parameter[0].numel()))
                elif parameter.ndim == 2:
                    drawn = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
                    parameter.copy_(drawn / sqrt(parameter.shape[1]))
                else:
                    parameter.zero_()
            self.leave.weight.mul_(0.1)

    def forward(self, images: Tensor, targets: Tensor) -> Tensor:
        mask: Tensor = self._up(self._down(images), targets)
        return mask

    def with_evidence(self, images: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Masks, and f . c for every class c, averaged over positions: (n, classes)."""
        levels = self._down(images)
        return self._up(levels, targets), levels[-1].mean((2, 3)) @ self.classes.weight.mT

    def _down(self, images: Tensor) -> list[Tensor]:
        levels = [self.enter(images).relu()]
        for convolution in self.down:
            levels.append(convolution(F.avg_pool2d(levels[-1], 2, ceil_mode=True)).relu())
        return levels

    def _up(self, levels: list[Tensor], targets: Tensor) -> Tensor:
        *levels, found = levels
        spoken_for = (found * self.classes(targets)[:, :, None, None]).sum(1, keepdim=True)
        found = found * spoken_for.sigmoid()
        for convolution, level in zip(reversed(self.up), reversed(levels), strict=True):
            wide = F.interpolate(found, level.shape[2:], mode="nearest")
            found = convolution(torch.cat([level, wide], 1)).relu()
        mask: Tensor = self.leave(found)
        return mask.squeeze(1).sigmoid()


def _convolution(channels: int, wider: int) -> nn.Conv2d:
    return nn.Conv2d(channels, wider, 3, padding=1)
