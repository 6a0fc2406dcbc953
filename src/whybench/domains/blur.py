"""Blurred images, an infill that keeps colour and layout and loses detail."""

import torch
import torch.nn.functional as F
from torch import Tensor


def kernel_side(height: int, width: int) -> int:
    """A quarter of the shorter side, made odd.

    >>> kernel_side(224, 224), kernel_side(28, 28), kernel_side(8, 8)
    (57, 7, 3)
    """
    return 2 * (min(height, width) // 8) + 1


def blur(images: Tensor) -> Tensor:
    """Images convolved with a Gaussian that scales with them.

    The kernel has k x k pixels, k = 2 floor(min(height, width) / 8) + 1, and a standard deviation of k / 3 pixels:
    57 and 19 at 224, 7 and 2.33 at 28, 3 and 1 at 8. Beyond the border the image repeats its outermost pixels.

    images: (n, channels, height, width); returns the same shape, in the images' units.
    """
    channels, height, width = images.shape[1:]
    side = kernel_side(height, width)
    offset = torch.arange(side, dtype=torch.float64) - side // 2
    weight = torch.exp(-0.5 * (offset / (side / 3)) ** 2)
    line = (weight / weight.sum()).to(images).expand(channels, 1, 1, side)
    across = F.conv2d(F.pad(images, (side // 2, side // 2, 0, 0), mode="replicate"), line, groups=channels)
    return F.conv2d(F.pad(across, (0, 0, side // 2, side // 2), mode="replicate"), line.mT, groups=channels)
