"""The blur from which RISE's insertion starts."""

import torch
import torch.nn.functional as F
from torch import Tensor

SIDE, DEVIATION = 11, 5.0
"""In pixels, whatever the size of the image."""


def rise_blur(images: Tensor) -> Tensor:
    """Images convolved with RISE's kernel: 11 x 11 pixels, a Gaussian of 5 pixels folded back at the kernel's edges.

    The authors blur a single pixel inside an 11 x 11 square with reflecting edges, so that the weights sum to 1; beyond
    the border the image is taken as 0. images: (n, channels, height, width); returns the same shape.

    Source: petsiuk2018, as in the authors' code.

    >>> round(rise_blur(torch.ones(1, 1, 21, 21, dtype=torch.float64))[0, 0, 10, 10].item(), 12)
    1.0
    """
    channels = images.shape[1]
    line = _kernel().to(images).expand(channels, 1, 1, SIDE)
    across = F.conv2d(images, line, padding=(0, SIDE // 2), groups=channels)
    return F.conv2d(across, line.mT, padding=(SIDE // 2, 0), groups=channels)


def _kernel() -> Tensor:
    """The Gaussian up to 4 deviations around the middle, each of its values at the place that it is folded to."""
    offset = torch.arange(-int(4 * DEVIATION), int(4 * DEVIATION) + 1)
    weight = torch.exp(-0.5 * (offset.double() / DEVIATION) ** 2)
    place = (SIDE // 2 + offset) % (2 * SIDE)
    folded = torch.where(place < SIDE, place, 2 * SIDE - 1 - place)
    return torch.zeros(SIDE, dtype=torch.float64).index_add_(0, folded, weight / weight.sum())
