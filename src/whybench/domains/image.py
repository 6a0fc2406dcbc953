"""Images: a feature is a pixel, all of its channels together."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from whybench.domains.blur import blur
from whybench.domains.domain import Domain, Regions
from whybench.domains.infills import Infill
from whybench.domains.inpainting.infill import InPainted, network_for
from whybench.domains.local_mean import LocalMean
from whybench.domains.noisy_linear import NOISE, NoisyLinearImage
from whybench.domains.players import PlayerKind, Players, own
from whybench.domains.rise_blur import rise_blur
from whybench.domains.superpixels import superpixels
from whybench.errors import BadExplanation, BadInput
from whybench.explanations import Polarity
from whybench.streams import Streams

REGIONS_A_SIDE = 14
"""Default regions are 1/14 of the image's shorter side: 16 pixels at 224, 2 at 28, 1 at 8."""

SMALL = 32
"""Images whose shorter side has no more pixels than this show too little for superpixels."""


@dataclass(frozen=True, eq=False)
class ImageDomain(Domain):
    """Inputs of shape (n, channels, height, width)."""

    name: ClassVar[str] = "image"
    infills: ClassVar[tuple[str, ...]] = (
        "zero",
        "mean",
        "blur",
        "local",
        "uniform",
        "noisy_linear",
        "inpainter",
        "lowest",
        "rise_blur",
    )

    @property
    def default_infills(self) -> tuple[str, ...]:
        return ("mean", "blur", "noisy_linear")

    def grid(self, shape: Sequence[int]) -> tuple[int, ...]:
        if len(shape) != 4:
            raise BadInput(
                f"image inputs of shape {tuple(shape)}; images are (n, channels, height, width): for images without an "
                "axis of channels pass inputs[:, None], and torch.nn.Sequential(torch.nn.Flatten(1, 2), module) where "
                "the module takes (n, height, width)"
            )
        return (shape[2], shape[3])

    def check(self, shape: Sequence[int]) -> None:
        self.grid(shape)
        super().check(shape)

    def region_size(self, shape: Sequence[int]) -> int:
        return max(1, min(self.grid(shape)) // REGIONS_A_SIDE)

    def regions(self, shape: Sequence[int], size: int | None = None) -> Regions:
        """Squares of `size` pixels from the top left; those at an uneven border are the smaller ones that fit."""
        height, width = self.grid(shape)
        side = self.side(shape, size)
        rows, columns = torch.arange(height) // side, torch.arange(width) // side
        index = rows[:, None] * (-(-width // side)) + columns[None, :]
        return Regions(index, torch.bincount(index.flatten()))

    def players(
        self, inputs: Tensor, kind: PlayerKind | None = None, size: int | None = None, segments: int = 50
    ) -> Players:
        """Squares of `size` pixels, or about `segments` superpixels; by default the latter where images are not small.

        A given `size` asks for squares.
        """
        small = min(self.grid(inputs.shape)) <= SMALL
        if kind == "regions" or (kind is None and (small or size is not None)):
            return super().players(inputs, "regions", size)
        return own([superpixels(image, segments) for image in inputs], inputs)

    def over_channels(self, features: Tensor) -> Tensor:
        return features.unsqueeze(1)

    def per_feature(self, relevance: Tensor, polarity: Polarity, shape: Sequence[int]) -> Tensor:
        """Channels summed or normed; a coarser grid is brought to the pixels' by bilinear interpolation.

        Raises BadExplanation where the grid is finer than the pixels', or no even thinning of them.
        """
        grid = self.grid(shape)
        maps = relevance.double()
        if maps.ndim == 3:
            maps = maps.unsqueeze(1)
        if maps.ndim != 4 or maps.shape[1] not in (1, shape[1]):
            raise self.misshapen(relevance, shape)
        joined = torch.sum if polarity == "contribution" else torch.linalg.vector_norm
        maps = joined(maps, dim=1, keepdim=True)
        if tuple(maps.shape[2:]) != grid:
            if maps.shape[2] > grid[0] or maps.shape[3] > grid[1]:
                raise self.misshapen(relevance, shape)
            if not _thinned((maps.shape[2], maps.shape[3]), (grid[0], grid[1])):
                raise BadExplanation(
                    f"{self.misshapen(relevance, shape)}: a grid of {tuple(maps.shape[2:])} has another aspect ratio "
                    f"than {grid}; return a map of {grid}, one value a pixel (torch.nn.functional.interpolate brings "
                    "it there), or a coarser grid of the same aspect ratio"
                )
            maps = F.interpolate(maps, grid, mode="bilinear", align_corners=False)
        return maps.squeeze(1)

    def infill(self, name: str, inputs: Tensor, ids: Sequence[str], streams: Streams) -> Infill:
        if name == "blur":
            return self.fixed(inputs, blur(inputs))
        if name == "rise_blur":
            return self.fixed(inputs, rise_blur(inputs))
        if name == "local":
            return LocalMean(inputs, self.like(self.mean, inputs))
        if name == "inpainter":
            network, mean = network_for(inputs), self.like(self.mean, inputs)
            return InPainted(network, inputs, mean, *self.bounds(name, inputs))
        if name == "noisy_linear":
            noise = NOISE * self.normal("infill/noisy_linear", inputs, ids, streams)
            return NoisyLinearImage(inputs, self.like(self.mean, inputs), noise)
        return super().infill(name, inputs, ids, streams)


def _thinned(coarse: tuple[int, int], grid: tuple[int, int]) -> bool:
    """Whether one stride takes both sides of a grid to those of a coarser one, rounded down, to the nearest or up.

    >>> _thinned((7, 10), (224, 300)), _thinned((2, 8), (8, 8)), _thinned((1, 2), (8, 8))
    (True, False, False)
    """
    for below, above in ((0.0, 1.0), (0.5, 0.5), (1.0, 0.0)):
        least = max(size / (count + above) for size, count in zip(grid, coarse, strict=True))
        most = min(size / (count - below) if count > below else inf for size, count in zip(grid, coarse, strict=True))
        if least < most:
            return True
    return False
