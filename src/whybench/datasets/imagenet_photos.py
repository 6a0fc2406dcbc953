"""Twenty labelled ImageNet photographs."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar

import torch

from whybench.datasets.photographs import Photographs
from whybench.errors import BadInput
from whybench.protocols import Dataset, DatasetLoader
from whybench.registries import register

CLASSES = 1000
NAMES = {
    22: "bald eagle",
    99: "goose",
    129: "spoonbill",
    243: "bull mastiff",
    251: "dalmatian",
    305: "dung beetle",
    317: "leafhopper",
    438: "beaker",
    455: "bottlecap",
    471: "cannon",
    541: "drum",
    559: "folding chair",
    609: "jeep",
    630: "loafer",
    741: "prayer rug",
    853: "thatch",
    915: "yurt",
    949: "strawberry",
    990: "buckeye",
}
"""The names of the classes that the photographs show."""
CLASS_NAMES = tuple(NAMES.get(index, f"class {index}") for index in range(CLASSES))
"""A name for each of ImageNet's classes, by number where it is not among `NAMES`."""


@register
@dataclass(frozen=True)
class ImagenetPhotos(DatasetLoader):
    """The 20 photographs of 19 ImageNet classes that come with foolbox: uint8 (height, width, 3).

    A file's name ends in its class, its rank among ImageNet's 1,000. Raises BadInput where foolbox is not installed.

    Source: russakovsky2015, rauber2020.
    """

    name: ClassVar[str] = "imagenet_photos"
    domain: ClassVar[str] = "image"
    reference: ClassVar[str] = "russakovsky2015"

    def load(self) -> Dataset:
        paths = sorted(_folder().glob("imagenet_*_*.jpg"))
        labels = [int(path.stem.rpartition("_")[2]) for path in paths]
        return Dataset(self.name, Photographs(paths), tuple(p.stem for p in paths), torch.tensor(labels), CLASS_NAMES)


def _folder() -> Path:
    """foolbox's own examples, found without importing foolbox."""
    spec = find_spec("foolbox")
    for place in (spec.submodule_search_locations if spec else None) or ():
        folder = Path(place) / "data"
        if any(folder.glob("imagenet_*_*.jpg")):
            return folder
    raise BadInput(
        "imagenet_photos: the photographs come with foolbox, which is not installed here; "
        "install it with: python -m pip install foolbox"
    )
