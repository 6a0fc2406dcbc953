"""Images moved by whole pixels, and the part that is on both."""

from torch import Tensor, arange

Shift = tuple[int, int]


def translated(images: Tensor, shift: Shift) -> Tensor:
    """Images (..., height, width) moved down by shift[0] and right by shift[1] pixels.

    The rows and columns that become free repeat the nearest ones that moved in: nothing is invented there but the
    border itself, which is stretched.

    >>> import torch
    >>> translated(torch.tensor([[1, 2, 3]]), (0, 1)).tolist()
    [[1, 1, 2]]
    """
    height, width = images.shape[-2:]
    rows = (arange(height, device=images.device) - shift[0]).clamp(0, height - 1)
    columns = (arange(width, device=images.device) - shift[1]).clamp(0, width - 1)
    return images.index_select(-2, rows).index_select(-1, columns)


def overlap(maps: Tensor, shift: Shift) -> Tensor:
    """The part of maps (n, height, width) of translated images whose content is on the original as well.

    `overlap(maps, (-dy, -dx))` is the same content on the maps of the original images.
    """
    height, width = maps.shape[-2:]
    return maps[..., _kept(height, shift[0]), _kept(width, shift[1])]


def _kept(size: int, moved: int) -> slice:
    return slice(max(moved, 0), size + min(moved, 0))
