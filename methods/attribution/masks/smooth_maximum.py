"""Masks that are smooth however they are shaped: the smooth maximum of kernels around cells."""

from dataclasses import dataclass
from functools import cached_property
from math import ceil

import torch
import torch.nn.functional as F
from torch import Tensor

COLDNESS = 20.0


@dataclass(frozen=True)
class SmoothMaximum:
    """m_u = smax over cells v of k(|u - v| / width) c_v, with smax f = sum_v f_v e^(20 f_v) / sum_v e^(20 f_v).

    k(z) = exp(-2 max(0, z - 1/2)^2) is 1 up to half a width and falls off from there; cells farther away along an axis
    than 1 + width, rounded up, do not count, and beyond the border the outermost cells are repeated, so that even cells
    make an even mask. A convolution would blur edges; the maximum lets the mask be 1 on every cell that is set, and
    limits how fast it falls around.

    width: in cells, 0 for m = c.

    Source: fong2019.

    >>> SmoothMaximum(1.0)(torch.tensor([[[0.0, 1.0, 0.0]]]).double()).round(decimals=2).tolist()
    [[[0.61, 1.0, 0.61]]]
    """

    width: float

    @property
    def radius(self) -> int:
        return 1 + ceil(self.width)

    @cached_property
    def kernel(self) -> Tensor:
        """k at the offsets of the window, (window,), row by row."""
        offset = torch.arange(-self.radius, self.radius + 1, dtype=torch.float64)
        distance = torch.cartesian_prod(offset, offset).norm(dim=1) / self.width
        return torch.exp(-2 * (distance - 0.5).clamp(min=0) ** 2)

    def __call__(self, values: Tensor) -> Tensor:
        """(rows, height, width) -> the same shape."""
        if self.width == 0:
            return values
        wide = F.pad(values.unsqueeze(1), (self.radius,) * 4, mode="replicate")
        weighted = self.kernel.to(values)[:, None] * F.unfold(wide, 2 * self.radius + 1)
        return ((COLDNESS * weighted).softmax(1) * weighted).sum(1).view_as(values)
