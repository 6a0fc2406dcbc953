"""The cultivar of a wine from its chemistry."""

from dataclasses import dataclass
from typing import ClassVar

from whybench.datasets.splits import Part, split
from whybench.protocols import Dataset, DatasetLoader
from whybench.registries import register

CLASS_NAMES = ("cultivar 1", "cultivar 2", "cultivar 3")


@register
@dataclass(frozen=True)
class Wine(DatasetLoader):
    """The held-out fifth of scikit-learn's 178 wines: 35 rows of 13 measurements in their own units.

    Source: aeberhard1994.
    """

    name: ClassVar[str] = "wine"
    domain: ClassVar[str] = "tabular"
    reference: ClassVar[str] = "aeberhard1994"

    def load(self) -> Dataset:
        training, held_out = parts()
        return held_out.dataset(self.name, CLASS_NAMES, training)


def parts() -> tuple[Part, Part]:
    """Training and held-out part."""
    from sklearn.datasets import load_wine  # here, since listing the datasets should not wait for it

    data = load_wine()
    return split(data.data, data.target)


def columns() -> tuple[str, ...]:
    """The names of the 13 measurements."""
    from sklearn.datasets import load_wine

    return tuple(str(name) for name in load_wine().feature_names)
