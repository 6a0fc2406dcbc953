"""How alike maps are to those of a batch, by any of the similarities that there are."""

from typing import Literal

import torch
from torch import Tensor

from whybench.metrics.attribution.correlations import pearson, varies
from whybench.metrics.attribution.similarities import Reference

MapSimilarity = Literal["pearson", "spearman", "spearman_abs", "ssim"]


class Likeness:
    """A batch of maps to which others are compared; the scale of a map does not count.

    maps: (n, *grid) float64. constant: (n,) bool, the maps without any order.

    >>> Likeness("pearson", torch.tensor([[1.0, 2.0, 6.0]])).to(torch.tensor([[-1.0, -2.0, -6.0]])).tolist()
    [-1.0]

    Raises Unsupported for `ssim` on maps that are not images.
    """

    def __init__(self, similarity: MapSimilarity, maps: Tensor) -> None:
        self._maps = maps.flatten(1)
        self._reference = None if similarity == "pearson" else Reference(similarity, maps)
        self.constant = ~varies(self._maps) if self._reference is None else self._reference.constant

    def to(self, maps: Tensor) -> Tensor:
        """(n,) float64: exactly 1 for equal maps, 0 where one of the two is constant."""
        if self._reference is not None:
            return self._reference.similarity(maps)[0]
        others = maps.flatten(1)
        values = pearson(self._maps, others)
        equal = (self._maps == others).all(1) & ~self.constant
        return torch.where(equal, 1.0, values.nan_to_num(0.0))
