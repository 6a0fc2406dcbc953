"""Diabetes progression, a regression."""

from dataclasses import dataclass
from typing import ClassVar

from whybench.datasets.splits import Part, split
from whybench.protocols import Dataset, DatasetLoader
from whybench.registries import register

COLUMNS = ("age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6")


@register
@dataclass(frozen=True)
class Diabetes(DatasetLoader):
    """The held-out fifth of scikit-learn's 442 patients: 88 rows of 10 measurements in their own units.

    The labels are a measure of the disease one year later, from 25 to 346.

    Source: efron2004.
    """

    name: ClassVar[str] = "diabetes"
    domain: ClassVar[str] = "tabular"
    reference: ClassVar[str] = "efron2004"

    def load(self) -> Dataset:
        training, held_out = parts()
        return held_out.dataset(self.name, training=training)


def parts() -> tuple[Part, Part]:
    """Training and held-out part."""
    from sklearn.datasets import load_diabetes  # here, since listing the datasets should not wait for it

    data = load_diabetes(scaled=False)
    return split(data.data, data.target)
