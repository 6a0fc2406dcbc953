"""Rectangles around pixels."""

from typing import NamedTuple

from torch import Tensor


class Box(NamedTuple):
    """A rectangle of pixels: from `top` to before `bottom`, from `left` to before `right`."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def area(self) -> int:
        return (self.bottom - self.top) * (self.right - self.left)

    def cut(self, images: Tensor) -> Tensor:
        """The part of images (..., height, width) inside the rectangle."""
        return images[..., self.top : self.bottom, self.left : self.right]


def tightest(pixels: Tensor) -> Box:
    """The smallest rectangle that holds all marked pixels, (height, width) bool; the whole where none is marked.

    >>> import torch
    >>> tightest(torch.tensor([[False, False, False], [False, True, True]]))
    Box(top=1, bottom=2, left=1, right=3)
    """
    rows, columns = (pixels.any(dim).nonzero().flatten().tolist() for dim in (1, 0))
    if not rows:
        return Box(0, pixels.shape[0], 0, pixels.shape[1])
    return Box(rows[0], rows[-1] + 1, columns[0], columns[-1] + 1)
