"""The mean of what is kept around a removed pixel."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from whybench.layout import taken


def window_side(height: int, width: int) -> int:
    """A fifteenth of the shorter side, made odd, and at least 3.

    >>> window_side(224, 224), window_side(28, 28), window_side(8, 8)
    (15, 3, 3)
    """
    return max(3, 2 * (min(height, width) // 32) + 1)


@dataclass(frozen=True, eq=False)
class LocalMean:
    """Removed pixels take the mean of the kept pixels in a square window around them, channel by channel.

    xhat_i = sum_j k_j x_j / sum_j k_j over the window of `window_side` pixels around i, cut off at the border, with
    k_j = 1 where pixel j is kept; where none is, xhat_i is `mean`.

    inputs, mean: (n, channels, height, width).

    Source: chang2019; the mean where nothing is kept, and windows that scale with the image (15 at 224, as there).
    """

    inputs: Tensor
    mean: Tensor

    def apply(self, kept: Tensor, sample: Tensor) -> Tensor:
        return torch.where(kept.unsqueeze(1), taken(self.inputs, sample), self.imputed(kept, sample))

    def imputed(self, kept: Tensor, sample: Tensor) -> Tensor:
        """The means around every pixel, kept ones included."""
        side = window_side(*kept.shape[1:])
        known = kept.unsqueeze(1).to(self.inputs)
        total, count = _window_sums(taken(self.inputs, sample) * known, side), _window_sums(known, side)
        return torch.where(count > 0, total / count.clamp(min=1), taken(self.mean, sample))


def _window_sums(images: Tensor, side: int) -> Tensor:
    across = F.avg_pool2d(images, (1, side), stride=1, padding=(0, side // 2), divisor_override=1)
    return F.avg_pool2d(across, (side, 1), stride=1, padding=(side // 2, 0), divisor_override=1)
