"""Breast cancer diagnosis from measurements of cell nuclei."""

from dataclasses import dataclass
from typing import ClassVar

from whybench.datasets.splits import Part, split
from whybench.protocols import Dataset, DatasetLoader
from whybench.registries import register

CLASS_NAMES = ("malignant", "benign")


@register
@dataclass(frozen=True)
class BreastCancer(DatasetLoader):
    """The held-out fifth of scikit-learn's 569 tumours: 113 rows of 30 measurements in their own units.

    Source: street1993.
    """

    name: ClassVar[str] = "breast_cancer"
    domain: ClassVar[str] = "tabular"
    reference: ClassVar[str] = "street1993"

    def load(self) -> Dataset:
        training, held_out = parts()
        return held_out.dataset(self.name, CLASS_NAMES, training)


def parts() -> tuple[Part, Part]:
    """Training and held-out part."""
    from sklearn.datasets import load_breast_cancer  # here, since listing the datasets should not wait for it

    data = load_breast_cancer()
    return split(data.data, data.target)


def columns() -> tuple[str, ...]:
    """The names of the 30 measurements."""
    from sklearn.datasets import load_breast_cancer

    return tuple(str(name) for name in load_breast_cancer().feature_names)
