"""Windows over a grid of features: squares of pixels, or runs of columns."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import ceil, prod

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Windows:
    """All windows of one size, counted in raster order.

    spans: for each dimension of the grid, which features lie under a window at each of its positions, (positions, size)
    bool.
    """

    spans: tuple[Tensor, ...]

    def __len__(self) -> int:
        return prod(len(span) for span in self.spans)

    def outside(self, window: Tensor) -> Tensor:
        """The features that are not under each window, all of them for window -1: (rows,) -> (rows, *grid) bool."""
        free = []
        for span in reversed(self._free):
            free.append(span.index_select(0, window % len(span)))
            window = window // len(span)
        kept = free.pop()
        for other in reversed(free):
            kept = kept.unsqueeze(-1) | other.view(len(other), *(1,) * (kept.ndim - 1), -1)
        return kept

    def mean(self, values: Tensor) -> Tensor:
        """For each feature the mean over the windows that hold it: (n, windows) -> (n, *grid)."""
        values = values.view(-1, *(len(span) for span in self.spans))
        if self._side_by_side:
            for dim, window in enumerate(self._first, 1):
                values = values.index_select(dim, window)
            return values
        for span in self.spans:
            values = values.movedim(1, -1) @ span.to(values)
        return values / self._holding

    @cached_property
    def _free(self) -> list[Tensor]:
        """Along each dimension the features that are free; the first one has a position more, which leaves all so."""
        first, *others = (~span for span in self.spans)
        return [F.pad(first, (0, 0, 0, 1), value=True), *others]

    @cached_property
    def _side_by_side(self) -> bool:
        """Whether every feature lies under one window only."""
        return bool((self._holding == 1).all())

    @cached_property
    def _first(self) -> list[Tensor]:
        """Along each dimension, the first window that holds each feature."""
        return [span.int().argmax(0) for span in self.spans]

    @cached_property
    def _holding(self) -> Tensor:
        """How many windows hold each feature, (*grid)."""
        count = self.spans[0].sum(0)
        for span in self.spans[1:]:
            count = count.unsqueeze(-1) * span.sum(0)
        return count


@lru_cache(maxsize=16)
def windows_over(grid: tuple[int, ...], window: int, stride: int, device: torch.device) -> Windows:
    """Windows that start every `stride` features; those at the border are cut off by it.

    >>> windows_over((5,), 2, 2, torch.device("cpu")).outside(torch.tensor([-1, 0, 2])).int().tolist()
    [[1, 1, 1, 1, 1], [0, 0, 1, 1, 1], [1, 1, 1, 1, 0]]
    """
    spans = {}
    for size in set(grid):
        start = torch.arange(ceil((size - window) / stride) + 1, device=device)[:, None] * stride
        feature = torch.arange(size, device=device)
        spans[size] = (start <= feature) & (feature < start + window)
    return Windows(tuple(spans[size] for size in grid))
