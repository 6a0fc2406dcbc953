"""Tables: a feature is a column."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from whybench.domains.domain import Domain, Regions
from whybench.explanations import Polarity


@dataclass(frozen=True, eq=False)
class TabularDomain(Domain):
    """Inputs of shape (n, columns).

    columns: their names, or empty.
    """

    name: ClassVar[str] = "tabular"
    infills: ClassVar[tuple[str, ...]] = ("zero", "mean", "uniform", "noisy_linear")
    default_infills: ClassVar[tuple[str, ...]] = ("mean", "uniform")

    columns: tuple[str, ...] = ()

    def grid(self, shape: Sequence[int]) -> tuple[int, ...]:
        return (shape[1],)

    def region_size(self, shape: Sequence[int]) -> int:
        return 1

    def regions(self, shape: Sequence[int], size: int | None = None) -> Regions:
        """Blocks of `size` neighbouring columns; one column by default."""
        index = torch.arange(shape[1]) // (size or self.region_size(shape))
        return Regions(index, torch.bincount(index))

    def over_channels(self, features: Tensor) -> Tensor:
        return features

    def per_feature(self, relevance: Tensor, polarity: Polarity, shape: Sequence[int]) -> Tensor:
        if tuple(relevance.shape[1:]) != tuple(shape[1:]):
            raise self.misshapen(relevance, shape)
        return relevance.double() if polarity == "contribution" else relevance.double().abs()
