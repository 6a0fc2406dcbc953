"""Grids of pixels, and what multigrid does on them: sums over neighbours, and the steps to half the size and back."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cached_property, lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

SMALL = 256
"""Pixels of the largest grid on which a map is a product with its matrix: there, many short operations on rows of
pixels take longer than multiplications by zero."""


class Grid(ABC):
    """height x width pixels; values are laid out as the grid likes, by `laid_out`."""

    def __init__(self, height: int, width: int) -> None:
        self.height, self.width = height, width

    @property
    @abstractmethod
    def coarser(self) -> "Grid":
        """The grid of half the size, rounded up."""

    @abstractmethod
    def laid_out(self, images: Tensor) -> Tensor:
        """(rows, channels, height, width) as values on this grid."""

    @abstractmethod
    def neighbours(self, values: Tensor) -> Tensor:
        """sum_j 12 w_ij x_j: twice the direct neighbours and once the diagonal ones, nothing outside the image."""

    @abstractmethod
    def restrict(self, fine: Tensor) -> Tensor:
        """The transpose of `prolong`: values on the coarser grid."""

    @abstractmethod
    def prolong(self, coarse: Tensor) -> Tensor:
        """Bilinear interpolation of values on the coarser grid."""


@lru_cache(maxsize=64)
def grid(height: int, width: int, dtype: torch.dtype, device: torch.device) -> Grid:
    """The grid for images of that size, in the form that is fastest there.

    >>> small = grid(2, 3, torch.float32, torch.device("cpu"))
    >>> small.neighbours(small.laid_out(torch.tensor([[[[1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]]]))).tolist()
    [[[0.0, 2.0, 0.0, 2.0, 1.0, 0.0]]]
    """
    rows = RowGrid(height, width)
    return rows if height * width > SMALL else MatrixGrid(rows, dtype, device)


class RowGrid(Grid):
    """A grid whose maps are sums of shifted rows and columns: (rows, channels, height, width)."""

    @cached_property
    def coarser(self) -> "RowGrid":
        return RowGrid(-(-self.height // 2), -(-self.width // 2))

    def laid_out(self, images: Tensor) -> Tensor:
        return images.contiguous()  # sums run along rows; with channels innermost they take half as long again

    def neighbours(self, values: Tensor) -> Tensor:
        across = values * 2  # with 4 for the pixel itself the weights separate into 1, 2, 1 down and across
        across[..., 1:] += values[..., :-1]
        across[..., :-1] += values[..., 1:]
        both = across * 2
        both[..., 1:, :] += across[..., :-1, :]
        both[..., :-1, :] += across[..., 1:, :]
        return both.sub_(values, alpha=4)

    def restrict(self, fine: Tensor) -> Tensor:
        return _halve(_halve(fine, -2), -1)

    def prolong(self, coarse: Tensor) -> Tensor:
        return _double(_double(coarse, -1), -2)[..., : self.height, : self.width]


class MatrixGrid(Grid):
    """A small grid whose maps are products with their matrices: (rows, channels, pixels)."""

    def __init__(self, rows: RowGrid, dtype: torch.dtype, device: torch.device) -> None:
        super().__init__(rows.height, rows.width)
        self._rows, self._dtype, self._device = rows, dtype, device
        with torch.inference_mode(False):  # whoever asks first: others may differentiate
            self._neighbours = self._matrix(rows.neighbours, rows)
            self._prolong = self._matrix(rows.prolong, rows.coarser)
            self._restrict = self._prolong.T.contiguous()

    @cached_property
    def coarser(self) -> "MatrixGrid":
        return MatrixGrid(self._rows.coarser, self._dtype, self._device)

    def laid_out(self, images: Tensor) -> Tensor:
        return images.flatten(2)

    def neighbours(self, values: Tensor) -> Tensor:
        return values @ self._neighbours

    def restrict(self, fine: Tensor) -> Tensor:
        return fine @ self._restrict

    def prolong(self, coarse: Tensor) -> Tensor:
        return coarse @ self._prolong

    def _matrix(self, linear: Callable[[Tensor], Tensor], of: Grid) -> Tensor:
        """What a map makes of each grid with a single 1: (pixels, pixels of its values)."""
        units = torch.eye(of.height * of.width, dtype=self._dtype, device=self._device)
        return linear(units.view(-1, 1, of.height, of.width)).flatten(1)


def _double(coarse: Tensor, dim: int) -> Tensor:
    """Two fine pixels in each coarse one: 3/4 of it and 1/4 of the neighbour on that side, or of itself at a border."""
    length = coarse.shape[dim]
    fine = coarse.new_empty([2 * n if d == coarse.ndim + dim else n for d, n in enumerate(coarse.shape)])
    left, right = torch.unflatten(fine, dim, (length, 2)).unbind(dim)
    near, far = coarse * 0.75, coarse * 0.25
    left.copy_(near).narrow(dim, 1, length - 1).add_(far.narrow(dim, 0, length - 1))
    right.copy_(near).narrow(dim, 0, length - 1).add_(far.narrow(dim, 1, length - 1))
    left.narrow(dim, 0, 1).add_(far.narrow(dim, 0, 1))
    right.narrow(dim, length - 1, 1).add_(far.narrow(dim, length - 1, 1))
    return fine


def _halve(fine: Tensor, dim: int) -> Tensor:
    """The transpose of `_double`; an odd length counts as one more pixel, which is nobody's neighbour."""
    length = -(-fine.shape[dim] // 2)
    even = F.pad(fine, (0, 1) if dim == -1 else (0, 0, 0, 1)) if fine.shape[dim] % 2 else fine
    left, right = torch.unflatten(even, dim, (length, 2)).unbind(dim)
    coarse = (left + right).mul_(0.75)
    coarse.narrow(dim, 1, length - 1).add_(right.narrow(dim, 0, length - 1), alpha=0.25)
    coarse.narrow(dim, 0, length - 1).add_(left.narrow(dim, 1, length - 1), alpha=0.25)
    coarse.narrow(dim, 0, 1).add_(left.narrow(dim, 0, 1), alpha=0.25)
    coarse.narrow(dim, length - 1, 1).add_(right.narrow(dim, length - 1, 1), alpha=0.25)
    return coarse
