"""How many regions are removed at each point of a sweep."""

import torch
from torch import Tensor


def step_grid(regions: int, steps: int) -> Tensor:
    """Points k_0 = 0 < ... < k_m = d with k_{m-i} = d - k_i, as even as whole numbers allow: (m + 1,) int64.

    The mirror symmetry makes a map's deletion curve its reversal's insertion curve, point by point. m is the smaller
    of `steps` and d, the number of regions; an odd d has no symmetric grid of an even number of intervals, because its
    middle is half a region, so there m is one more.

    >>> step_grid(8, 4).tolist(), step_grid(9, 4).tolist(), step_grid(3, 28).tolist()
    ([0, 2, 4, 6, 8], [0, 2, 4, 5, 7, 9], [0, 1, 2, 3])
    """
    intervals = min(steps, regions)
    if regions % 2 and not intervals % 2:
        intervals += 1
    position = torch.arange(intervals // 2 + 1)
    lower = (2 * position * regions + intervals) // (2 * intervals)
    upper = regions - lower.flip(0)
    return torch.cat([lower, upper[1:] if intervals % 2 == 0 else upper])
