"""Masks applied to inputs: what is kept of an input, and how much of something else stands in for the rest."""

from dataclasses import dataclass
from functools import cached_property
from math import ceil
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from whybench.domains import Infill
from whybench.protocols import Query


class Perturbation(Protocol):
    """Rows of inputs under soft masks."""

    def __call__(self, masks: Tensor, sample: Tensor) -> Tensor:
        """masks: (rows, *grid) from 0 (hidden) to 1 (kept); row r is an input like sample `sample[r]`."""
        ...


@dataclass(frozen=True, eq=False)
class Fade:
    """m * x + (1 - m) * xhat, with xhat the infill's values given the features with m > 1/2, and no gradient to it.

    shift: by how many pixels down and to the right x and xhat are moved under the mask.
    """

    query: Query
    infill: Infill
    shift: tuple[int, int] = (0, 0)

    def __call__(self, masks: Tensor, sample: Tensor) -> Tensor:
        down, right = self.shift
        with torch.no_grad():
            hidden = self.infill.imputed(moved(masks > 0.5, (-down, -right)), sample)
            rows = moved(self.query.inputs[sample], self.shift)
        return torch.lerp(moved(hidden, self.shift), rows, self.query.domain.over_channels(masks))


def moved(images: Tensor, shift: tuple[int, int]) -> Tensor:
    """Images (..., height, width) moved down and to the right, their outermost pixels repeated where nothing comes in.

    >>> moved(torch.tensor([[1.0, 2.0, 3.0]]), (0, 1)).tolist()
    [[1.0, 1.0, 2.0]]
    """
    for dim, by in zip((-2, -1), shift, strict=True):
        if by:
            place = torch.arange(images.shape[dim], device=images.device) - by
            images = images.index_select(dim, place.clamp(0, images.shape[dim] - 1))
    return images


@dataclass(frozen=True, eq=False)
class BlurPyramid:
    """Each pixel from a copy of the image that is blurred the more, the less of the pixel is kept.

    Copy l of L is convolved with a Gaussian of standard deviation strongest * (1 - l / (L - 1)) pixels, beyond the
    border the outermost pixels; a pixel with mask m is interpolated linearly at level m (L - 1).

    Source: fong2019.
    """

    query: Query
    strongest: float
    levels: int = 8

    @cached_property
    def _copies(self) -> Tensor:
        """(n, levels, channels, height, width)."""
        widths = [self.strongest * (1 - level / (self.levels - 1)) for level in range(self.levels)]
        return torch.stack([gaussian_blur(self.query.inputs, width) for width in widths], 1)

    def __call__(self, masks: Tensor, sample: Tensor) -> Tensor:
        depth = masks * (self.levels - 1)
        below = depth.detach().floor().clamp(0, self.levels - 2)
        level = below.long()[:, None, None]
        copies = self._copies[sample]
        index = level.expand(-1, 1, *copies.shape[2:])
        low, high = (copies.gather(1, index + up).squeeze(1) for up in (0, 1))
        return torch.lerp(low, high, (depth - below).unsqueeze(1))


def gaussian_blur(images: Tensor, width: float) -> Tensor:
    """Images convolved with a Gaussian of `width` pixels' standard deviation, cut off at three of them.

    images: (n, channels, height, width); beyond the border they repeat their outermost pixels.
    """
    radius = ceil(3 * width)
    if radius == 0:
        return images
    offset = torch.arange(-radius, radius + 1, dtype=torch.float64)
    weight = torch.exp(-0.5 * (offset / width) ** 2)
    channels = images.shape[1]
    line = (weight / weight.sum()).to(images).expand(channels, 1, 1, -1)
    across = F.conv2d(F.pad(images, (radius, radius, 0, 0), mode="replicate"), line, groups=channels)
    return F.conv2d(F.pad(across, (0, 0, radius, radius), mode="replicate"), line.mT, groups=channels)
