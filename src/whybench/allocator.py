"""What becomes of the memory that tensors give back."""

import torch

LARGEST = 2**25 - 2**13
"""Bytes of the largest block, with what the allocator adds, that the GNU C library learns from: 32 MiB."""


def keep_freed_memory() -> None:
    """Let tensors take the memory that others gave back, rather than fetch it anew from the system, page by page.

    The GNU C library learns from what is freed how much a program will need again: it keeps up to twice the largest
    block so far. Before it has seen a large one, a run with tensors of a few MiB takes the same pages from the system
    again and again. So it is shown one, of which no page is ever touched. Other allocators are left as they are.
    """
    torch.empty(LARGEST, dtype=torch.uint8)
