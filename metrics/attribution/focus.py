"""Focus."""

from dataclasses import dataclass
from typing import ClassVar

import torch.nn.functional as F
from torch import Tensor

from whybench.errors import BadParameter, Unsupported
from whybench.metrics.attribution.localisation import LocalisationMetric, nothing_positive, positive_mass
from whybench.registries import register


@register
@dataclass(frozen=True)
class Focus(LocalisationMetric):
    """The share of positive relevance in those tiles of a mosaic that show the explained class; higher is better.

        s = sum_{i in tiles of the class} max(R_i, 0) / sum_i max(R_i, 0)

    which is `relevance_mass` on mosaics, and refuses everything else: only there is all evidence for the class known to
    lie inside, and other classes outside. One number a sample in [0, 1]: 1 for a map that is the mask, 0 for its
    complement, the share of tiles (1/2 for two of four) for a constant map and, in expectation, for a random one.

    tiles: rows and columns of the mosaic; relevance: as in `relevance_mass`.

    Raises BadParameter for values not allowed, Unsupported for masks that are no whole tiles.

    Source: arias2022.
    """

    name: ClassVar[str] = "focus"
    reference: ClassVar[str] = "arias2022"

    tiles: tuple[int, int] = (2, 2)

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.tiles) != 2 or min(self.tiles) < 1 or self.tiles == (1, 1):
            raise BadParameter(f"focus: tiles={self.tiles}; rows and columns >= 1 of two tiles or more are needed")

    def gaps(self, relevance: Tensor, masks: Tensor) -> dict[str, Tensor]:
        return nothing_positive(relevance)

    def measure(self, relevance: Tensor, masks: Tensor) -> Tensor:
        if masks.ndim != 3 or not whole_tiles(masks, self.tiles):
            rows, columns = self.tiles
            raise Unsupported(f"focus judges mosaics; the masks are no whole tiles of {rows} x {columns}")
        inside, everywhere = positive_mass(relevance, masks)
        return inside / everywhere


def whole_tiles(masks: Tensor, tiles: tuple[int, int]) -> bool:
    """Whether every mask, (n, height, width), is made of whole tiles; a pixel belongs to the tile of its centre.

    >>> import torch
    >>> whole_tiles(torch.tensor([[[True, True, False, False]]]), (1, 2))
    True
    """
    size, values = masks.shape[1:], masks[:, None].double()
    if size[0] < tiles[0] or size[1] < tiles[1]:
        return False
    thin = F.interpolate(values, tiles, mode="nearest-exact")
    return bool((F.interpolate(thin, tuple(size), mode="nearest-exact") == values).all())
