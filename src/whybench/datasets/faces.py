"""Faces, and other parts of photographs."""

from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar

import numpy as np

from whybench.datasets.splits import Part, split
from whybench.errors import MissingExtra
from whybench.protocols import Dataset, DatasetLoader
from whybench.registries import register

CLASS_NAMES = ("face", "no face")
EACH = 100
"""The file holds so many faces, then as many other cut-outs."""


@register
@dataclass(frozen=True)
class Faces(DatasetLoader):
    """The held-out fifth of scikit-image's 200 grey cut-outs of photographs: 40 images (25, 25), float64 from 0 to 1.

    Half of them are faces, half come from other places of the same photographs.

    Source: huang2007.
    """

    name: ClassVar[str] = "faces"
    domain: ClassVar[str] = "image"
    reference: ClassVar[str] = "huang2007"

    def load(self) -> Dataset:
        training, held_out = parts()
        return held_out.dataset(self.name, CLASS_NAMES, training)


@cache
def parts() -> tuple[Part, Part]:
    """Training and held-out part."""
    images = np.load(_file(), allow_pickle=False)
    return split(images, np.repeat(np.arange(len(CLASS_NAMES)), EACH))


def _file() -> Path:
    """scikit-image's own sample, found without importing scikit-image."""
    spec = find_spec("skimage")
    for place in (spec.submodule_search_locations if spec else None) or ():
        file = Path(place) / "data" / "lfw_subset.npy"
        if file.is_file():
            return file
    raise MissingExtra("scikit-image")
