"""The network that guesses hidden pixels, and how images of any size reach it."""

from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from whybench.domains.multigrid import interpolate


@dataclass(frozen=True)
class Plan:
    """What decides a network besides its weights.

    widths: channels at each level, every level half the size of the one before; most: cells along the image's shorter
    side; relative: values are seen relative to the mean and spread of the kept ones, so that brightness and contrast
    do not matter; rough: what is corrected, the pyramid's guess (`from_coarser`) or linear interpolation, which is
    smoother and slower (`multigrid.interpolate`).
    """

    channels: int
    widths: tuple[int, ...]
    most: int
    relative: bool
    rough: Literal["pyramid", "interpolation"]

    def cells(self, height: int, width: int) -> tuple[int, int]:
        """The grid that images of this size are brought to: their own where it is small enough.

        >>> plan = Plan(3, (8,), 56, True, "pyramid")
        >>> plan.cells(224, 300), plan.cells(32, 32)
        ((56, 75), (32, 32))
        """
        factor = max(1.0, min(height, width) / self.most)
        return round(height / factor), round(width / factor)


class InPainter(nn.Module):
    """A U-Net that corrects a rough guess.

    It sees the rough guess, kept values included, brought to the cells, and which share of each cell is kept, and gives
    what is to be added to hidden pixels; convolutions of 3 x 3 with ReLU, one a level down, one at the bottom and one a
    level up.

    forward(images, kept): images (rows, channels, height, width) with values from 0 to 1, of which hidden ones do not
    matter; kept: (rows, height, width) bool, at least one pixel of each row. Returns the guess for every pixel, from 0
    to 1, like `images`. A row depends on its own kept pixels only.

    Source: ronneberger2015.
    """

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan
        first, *wider = plan.widths
        self.enter = _convolution(plan.channels + 1, first)
        self.down = nn.ModuleList(_convolution(a, b) for a, b in zip(plan.widths, wider, strict=False))
        self.bottom = _convolution(plan.widths[-1], plan.widths[-1])
        self.up = nn.ModuleList(_convolution(a + b, a) for a, b in zip(plan.widths, wider, strict=False))
        self.leave = _convolution(first, plan.channels)

    def forward(self, images: Tensor, kept: Tensor) -> Tensor:
        size = tuple(images.shape[2:])
        cells = self.plan.cells(*size)
        known = kept.unsqueeze(1).to(images.dtype)
        share = F.adaptive_avg_pool2d(known, cells)
        centre, spread = self._scale(F.adaptive_avg_pool2d(images * known, cells), share)
        rough = interpolate(images, kept) if self.plan.rough == "interpolation" else from_coarser(images, known)
        seen = (F.adaptive_avg_pool2d(rough, cells) - centre) / spread.where(spread > 0, 1)
        correction = (1 - share) * spread * self._correction(torch.cat([seen, 2 * share - 1], 1))
        if cells != size:
            correction = F.interpolate(correction, size, mode="bilinear", align_corners=False)
        return (rough + correction).clamp(0, 1)

    def _scale(self, sums: Tensor, share: Tensor) -> tuple[Tensor, Tensor]:
        """Mean of the kept values, a channel each, and the standard deviation of the cells' means around it."""
        if not self.plan.relative:
            return torch.zeros_like(sums[:, :, :1, :1]), torch.ones_like(sums[:, :1, :1, :1])
        total = share.sum((2, 3), keepdim=True)
        centre = sums.sum((2, 3), keepdim=True) / total
        squares = ((sums / share.where(share > 0, 1) - centre) ** 2 * share).sum((1, 2, 3), keepdim=True)
        return centre, (squares / total / sums.shape[1]).sqrt()

    def _correction(self, seen: Tensor) -> Tensor:
        levels = [self.enter(seen).relu()]
        for convolution in self.down:
            levels.append(convolution(F.avg_pool2d(levels[-1], 2, ceil_mode=True)).relu())
        found = self.bottom(levels.pop()).relu()
        for convolution, level in zip(reversed(self.up), reversed(levels), strict=True):
            wide = F.interpolate(found, level.shape[2:], mode="nearest")
            found = convolution(torch.cat([level, wide], 1)).relu()
        correction: Tensor = self.leave(found)
        return correction


def from_coarser(values: Tensor, share: Tensor) -> Tensor:
    """Holes filled from a grid of half the size, whose own holes are filled in the same way, down to one cell.

    values: (rows, channels, height, width), of no matter where nothing is kept; share: (rows, 1, height, width), how
    much of each cell is kept. A coarser cell is the mean of its four, weighted by their shares, and counts as kept as
    far as these add up to one.

    Source: gortler1996.

    >>> from_coarser(torch.tensor([[[[3.0, 0.0]]]]), torch.tensor([[[[1.0, 0.0]]]])).tolist()
    [[[[3.0, 3.0]]]]
    """
    if values.shape[2:].numel() == 1:
        return values
    edge = (0, values.shape[3] % 2, 0, values.shape[2] % 2)
    shares = 4 * F.avg_pool2d(F.pad(share, edge), 2)
    coarse = 4 * F.avg_pool2d(F.pad(values * share, edge), 2) / shares.where(shares > 0, 1)
    wide = F.interpolate(
        from_coarser(coarse, shares.clamp(max=1)), scale_factor=2, mode="bilinear", align_corners=False
    )
    return torch.lerp(wide[..., : values.shape[2], : values.shape[3]], values, share)


def _convolution(channels: int, wider: int) -> nn.Conv2d:
    return nn.Conv2d(channels, wider, 3, padding=1)
