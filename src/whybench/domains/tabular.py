"""Tables: a feature is a column."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from whybench.domains.domain import Domain, Regions
from whybench.domains.infills import Infill
from whybench.domains.noisy_linear import NoisyLinearTable
from whybench.errors import BadInput, Unsupported
from whybench.explanations import Polarity
from whybench.streams import Streams


@dataclass(frozen=True, eq=False)
class TabularDomain(Domain):
    """Inputs of shape (n, columns).

    columns: their names, or empty; covariance: (columns, columns), that of the data in the model's input space, which
    the infill `noisy_linear` needs.
    """

    name: ClassVar[str] = "tabular"
    infills: ClassVar[tuple[str, ...]] = ("zero", "mean", "uniform", "noisy_linear", "lowest")

    columns: tuple[str, ...] = ()
    covariance: Tensor | None = None

    @property
    def default_infills(self) -> tuple[str, ...]:
        uniform = ("uniform",) if self.low is not None and self.high is not None else ()
        noisy_linear = ("noisy_linear",) if self.covariance is not None else ()
        return ("mean", *uniform, *noisy_linear)

    def grid(self, shape: Sequence[int]) -> tuple[int, ...]:
        if len(shape) != 2:
            raise BadInput(f"tabular inputs of shape {tuple(shape)}; tables are (n, columns): pass inputs.flatten(1)")
        return (shape[1],)

    def region_size(self, shape: Sequence[int]) -> int:
        return 1

    def regions(self, shape: Sequence[int], size: int | None = None) -> Regions:
        """Blocks of `size` neighbouring columns; one column by default."""
        index = torch.arange(shape[1]) // self.side(shape, size)
        return Regions(index, torch.bincount(index))

    def over_channels(self, features: Tensor) -> Tensor:
        return features

    def per_feature(self, relevance: Tensor, polarity: Polarity, shape: Sequence[int]) -> Tensor:
        if tuple(relevance.shape[1:]) != tuple(shape[1:]):
            raise self.misshapen(relevance, shape)
        return relevance.double() if polarity == "contribution" else relevance.double().abs()

    def check(self, shape: Sequence[int]) -> None:
        super().check(shape)
        columns = shape[1]
        if self.covariance is not None and tuple(self.covariance.shape) != (columns, columns):
            raise BadInput(
                f"covariance of shape {tuple(self.covariance.shape)} does not fit tabular inputs of shape "
                f"{tuple(shape)}; expected ({columns}, {columns})"
            )

    def infill(self, name: str, inputs: Tensor, ids: Sequence[str], streams: Streams) -> Infill:
        if name != "noisy_linear":
            return super().infill(name, inputs, ids, streams)
        if self.covariance is None:
            raise Unsupported("infill 'noisy_linear' needs the covariance of the tabular inputs, which is not given")
        noise = self.normal("infill/noisy_linear", inputs, ids, streams)
        return NoisyLinearTable(inputs, self.like(self.mean, inputs), self.covariance.to(inputs.device), noise)
