"""Handwritten digits, 8 x 8."""

from dataclasses import dataclass
from typing import ClassVar

from whybench.datasets.splits import Part, split
from whybench.protocols import Dataset, DatasetLoader
from whybench.registries import register

CLASS_NAMES = tuple("0123456789")


@register
@dataclass(frozen=True)
class Digits(DatasetLoader):
    """The held-out fifth of scikit-learn's 1,797 handwritten digits: 359 images (8, 8), float64 from 0 to 16.

    Source: alpaydin1998.
    """

    name: ClassVar[str] = "digits"
    domain: ClassVar[str] = "image"
    reference: ClassVar[str] = "alpaydin1998"

    def load(self) -> Dataset:
        training, held_out = parts()
        return held_out.dataset(self.name, CLASS_NAMES, training)


def parts() -> tuple[Part, Part]:
    """Training and held-out part."""
    from sklearn.datasets import load_digits  # here, since listing the datasets should not wait for it

    data = load_digits()
    return split(data.images, data.target)
