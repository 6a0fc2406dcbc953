"""Memory layout of images: channels first, as torch makes them, or last, in which many convolutions are faster."""

import torch
from torch import Tensor


def lies_last(rows: Tensor) -> bool:
    """Whether images have their channels last.

    By strides: those of a single channel that `is_contiguous` takes for both are not the ones that convolutions go by.

    >>> images = torch.zeros(2, 1, 8, 8)
    >>> images.is_contiguous(memory_format=torch.channels_last), lies_last(images)
    (True, False)
    """
    places = rows.ndim == 4 and rows.shape[2] * rows.shape[3] > 1
    return places and rows.stride(1) == 1 and rows.is_contiguous(memory_format=torch.channels_last)


def laid_out(rows: Tensor, channels_last: bool) -> Tensor:
    """Images in a memory layout: themselves where they have it, else a copy; what is no batch of images, as it is.

    >>> laid_out(torch.zeros(2, 1, 8, 8), True).stride()
    (64, 1, 8, 1)
    """
    if rows.ndim != 4 or lies_last(rows) == channels_last:
        return rows
    return rows.clone(memory_format=torch.channels_last if channels_last else torch.contiguous_format)


def taken(samples: Tensor, of: Tensor) -> Tensor:
    """`samples[of]` in their memory layout, copied row by row: indexing copies value by value and takes far longer.

    >>> taken(laid_out(torch.arange(8.0).view(2, 2, 1, 2), True), torch.tensor([1, 1])).flatten(1).tolist()
    [[4.0, 5.0, 6.0, 7.0], [4.0, 5.0, 6.0, 7.0]]
    """
    if lies_last(samples):
        return samples.movedim(1, -1).index_select(0, of).movedim(-1, 1)
    return samples.index_select(0, of)


def added(rows: Tensor, to: Tensor, count: int) -> Tensor:
    """The sums of the rows that go to each of `count` places, (count, ...), in the rows' memory layout.

    >>> added(torch.tensor([[1.0], [2.0], [4.0]]), torch.tensor([0, 1, 1]), 2).tolist()
    [[1.0], [6.0]]
    """
    if lies_last(rows):
        return added(rows.movedim(1, -1), to, count).movedim(-1, 1)
    return rows.new_zeros(count, *rows.shape[1:]).index_add_(0, to, rows)
