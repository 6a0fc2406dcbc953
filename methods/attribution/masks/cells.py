"""Soft masks on a grid of cells, coarser than the features where these are pixels."""

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor

from whybench.errors import BadParameter
from whybench.protocols import Query


def cell_grid(query: Query, cells: int | None, most: int) -> tuple[int, ...]:
    """The shape of a mask: `cells` along an image's shorter side and as square ones as fit along the other.

    None gives `most` cells, or a cell a pixel where there are fewer pixels than that. Columns of a table have a cell
    each. Raises BadParameter for more cells than pixels, or for cells of a table.
    """
    grid = query.domain.grid(query.inputs.shape)
    if len(grid) == 1:
        if cells is not None:
            raise BadParameter(f"cells={cells} for {query.domain.name} inputs; their masks have one cell a column")
        return grid
    side = min(grid)
    if cells is not None and cells > side:
        raise BadParameter(f"cells={cells} along a side of {side} pixels; a cell has at least one pixel")
    count = cells or min(most, side)
    return tuple(max(1, round(count * length / side)) for length in grid)


def to_features(masks: Tensor, grid: Sequence[int]) -> Tensor:
    """Masks brought to the features by bilinear interpolation: (rows, *cells) -> (rows, *grid)."""
    if tuple(masks.shape[1:]) == tuple(grid):
        return masks
    return F.interpolate(masks.unsqueeze(1), tuple(grid), mode="bilinear", align_corners=False).squeeze(1)


def variation(masks: Tensor, power: float) -> Tensor:
    """Total variation, (rows,): the mean of |step|^power from a cell to the one below, plus that to the one beside.

    masks: (rows, height, width). Steps out of the grid do not count.

    >>> import torch
    >>> variation(torch.tensor([[[0.0, 0.0], [1.0, 0.5]]]), 2.0)
    tensor([0.7500])
    """
    down, across = masks.diff(dim=1), masks.diff(dim=2)
    return sum(
        (s.abs().pow(power).flatten(1).mean(1) for s in (down, across) if s.numel()), masks.new_zeros(len(masks))
    )
