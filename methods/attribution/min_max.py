"""Min-max normalisation."""

import torch
from torch import Tensor


def min_max(maps: Tensor) -> Tensor:
    """Each map of (rows, channels, h, w) shifted and scaled to [0, 1]; 0 where it is constant.

    >>> min_max(torch.tensor([[[[2.0, 4.0, 3.0]], [[5.0, 5.0, 5.0]]]])).tolist()
    [[[[0.0, 1.0, 0.5]], [[0.0, 0.0, 0.0]]]]
    """
    low, high = maps.amin((2, 3), keepdim=True), maps.amax((2, 3), keepdim=True)
    return torch.where(high > low, (maps - low) / (high - low), 0)
