"""Room for the tensors of many samples: in memory, or in a file that is mapped into it where they are large."""

import mmap
import os
import tempfile
from math import prod

import torch
from torch import Tensor

from whybench.layout import lies_last

LARGEST = 2**28
"""Bytes of a tensor that is held in memory."""


def room(count: int, like: Tensor) -> Tensor:
    """An unfilled tensor for `count` samples in dtype, layout and on the device of `like`, a batch of some of them.

    On the CPU one of more than `LARGEST` bytes lies in a temporary file (where TMPDIR says) that has no name and goes
    with the tensor: the system may write its pages out and forget them. Where no file can be made it is in memory.

    >>> room(5, torch.zeros(1, 3)).shape
    torch.Size([5, 3])
    """
    shape = (count, *like.shape[1:])
    size = prod(shape) * like.element_size()
    last = lies_last(like)
    if last:
        shape = (shape[0], *shape[2:], shape[1])
    flat = _mapped(size, like.dtype) if like.device.type == "cpu" and size > LARGEST else None
    found = torch.empty(shape, dtype=like.dtype, device=like.device) if flat is None else flat.view(shape)
    return found.permute(0, 3, 1, 2) if last else found


def _mapped(size: int, dtype: torch.dtype) -> Tensor | None:
    """So many bytes of a temporary file; None where there is no place for them."""
    try:
        with tempfile.TemporaryFile(prefix="whybench-") as file:
            if hasattr(os, "posix_fallocate"):  # a file with holes would kill the process when the disk is full
                os.posix_fallocate(file.fileno(), 0, size)
            else:
                file.truncate(size)
            return torch.frombuffer(mmap.mmap(file.fileno(), size), dtype=dtype)
    except OSError:
        return None
