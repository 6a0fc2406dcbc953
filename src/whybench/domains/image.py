"""Images: a feature is a pixel, all of its channels together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from whybench.domains.blur import blur
from whybench.domains.domain import Domain, Regions
from whybench.domains.infills import Infill
from whybench.domains.noisy_linear import NOISE, NoisyLinearImage
from whybench.explanations import Polarity
from whybench.streams import Streams

REGIONS_A_SIDE = 14
"""Default regions are 1/14 of the image's shorter side: 16 pixels at 224, 2 at 28, 1 at 8."""


@dataclass(frozen=True, eq=False)
class ImageDomain(Domain):
    """Inputs of shape (n, channels, height, width)."""

    name: ClassVar[str] = "image"
    infills: ClassVar[tuple[str, ...]] = ("zero", "mean", "blur", "uniform", "noisy_linear")

    @property
    def default_infills(self) -> tuple[str, ...]:
        return ("mean", "blur", "noisy_linear")

    def grid(self, shape: Sequence[int]) -> tuple[int, ...]:
        return (shape[2], shape[3])

    def region_size(self, shape: Sequence[int]) -> int:
        return max(1, min(self.grid(shape)) // REGIONS_A_SIDE)

    def regions(self, shape: Sequence[int], size: int | None = None) -> Regions:
        """Squares of `size` pixels from the top left; those at an uneven border are the smaller ones that fit."""
        height, width = self.grid(shape)
        side = size or self.region_size(shape)
        rows, columns = torch.arange(height) // side, torch.arange(width) // side
        index = rows[:, None] * (-(-width // side)) + columns[None, :]
        return Regions(index, torch.bincount(index.flatten()))

    def over_channels(self, features: Tensor) -> Tensor:
        return features.unsqueeze(1)

    def per_feature(self, relevance: Tensor, polarity: Polarity, shape: Sequence[int]) -> Tensor:
        """Channels summed or normed; a coarser grid is brought to the pixels' by bilinear interpolation."""
        grid = self.grid(shape)
        maps = relevance.double()
        if maps.ndim == 3:
            maps = maps.unsqueeze(1)
        if maps.ndim != 4 or maps.shape[1] not in (1, shape[1]):
            raise self.misshapen(relevance, shape)
        maps = maps.sum(1, keepdim=True) if polarity == "contribution" else maps.norm(dim=1, keepdim=True)
        if tuple(maps.shape[2:]) != grid:
            if maps.shape[2] > grid[0] or maps.shape[3] > grid[1]:
                raise self.misshapen(relevance, shape)
            maps = F.interpolate(maps, grid, mode="bilinear", align_corners=False)
        return maps.squeeze(1)

    def infill(self, name: str, inputs: Tensor, ids: Sequence[str], streams: Streams) -> Infill:
        if name == "blur":
            return self.fixed(inputs, blur(inputs))
        if name == "noisy_linear":
            noise = NOISE * self.normal("infill/noisy_linear", inputs, ids, streams)
            return NoisyLinearImage(inputs, self.like(self.mean, inputs), noise)
        return super().infill(name, inputs, ids, streams)
