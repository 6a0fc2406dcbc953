"""Mosaics of four labelled photographs, one of which shows the class."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from PIL import Image

from whybench.datasets.imagenet_photos import CLASS_NAMES, ImagenetPhotos
from whybench.datasets.mosaics import PLACES, arranged, mosaic, tile_mask
from whybench.errors import BadParameter
from whybench.protocols import Dataset, DatasetLoader
from whybench.registries import register

Array = np.ndarray[Any, Any]


@register
@dataclass(frozen=True)
class PhotographMosaics(DatasetLoader):
    """80 mosaics of 2 x 2 of the `imagenet_photos`: uint8 (2 side, 2 side, 3).

    The label is the class of one tile, which is the mask; the other three show other classes. Every photograph is the
    tile that counts once in each of the four places, beside the three that follow 1, 5 and 9 places later in the set
    (the next one after where that shows the same class); nothing is drawn. To be explained with target='label', since
    a model mostly answers with another tile's class; under any other policy those samples are undefined. The middle is
    near all tiles, so that the pointing game needs tolerance=0. No sample is marked as difficult.

    side: pixels of a tile, to which a photograph is resized by bicubic interpolation; with 112 a model of 224 pixels
    sees the tiles as they are.

    Raises BadParameter for a side below 1, BadInput where foolbox is not installed.

    Source: arias2022; photographs: russakovsky2015, rauber2020.
    """

    name: ClassVar[str] = "photograph_mosaics"
    domain: ClassVar[str] = "image"
    reference: ClassVar[str] = "arias2022"

    side: int = 112

    def __post_init__(self) -> None:
        if self.side < 1:
            raise BadParameter(f"photograph_mosaics: side={self.side}; at least 1 pixel is needed")

    def load(self) -> Dataset:
        photographs = ImagenetPhotos().load()
        tiles = [self._tile(photograph) for photograph in photographs.samples]
        labels = photographs.labels.tolist()
        names, shown, samples, masks = [], [], [], []
        for turn in range(len(PLACES)):
            for first in range(len(tiles)):
                place = (first + turn) % len(PLACES)
                samples.append(mosaic([tiles[i] for i in arranged(labels, first, place)]))
                masks.append(tile_mask(place, self.side))
                shown.append(labels[first])
                names.append(f"{photographs.ids[first]}_{place}")
        return Dataset(self.name, samples, tuple(names), torch.tensor(shown), CLASS_NAMES, masks=masks)

    def _tile(self, photograph: Array) -> Array:
        return np.array(Image.fromarray(photograph).resize((self.side, self.side), Image.Resampling.BICUBIC))
