"""Samples of `whybench.planted` by name."""

from dataclasses import dataclass
from typing import ClassVar

from whybench.errors import BadParameter, shown
from whybench.planted import DESIGNS
from whybench.protocols import Dataset, DatasetLoader
from whybench.registries import register

SAMPLES = 64


@register
@dataclass(frozen=True)
class PlantedSamples(DatasetLoader):
    """64 samples of a design of `whybench.planted`, for the model `planted` of the same design: (8, 12) from 0 to 1.

    design: as in the model. Labels are what the network answers, masks the pixels that hold the evidence for it.

    Raises BadParameter for another design.
    """

    name: ClassVar[str] = "planted"
    domain: ClassVar[str] = "image"

    design: str = "watermark"

    def __post_init__(self) -> None:
        if self.design not in DESIGNS:
            raise BadParameter(f"planted: design={shown(self.design)}; allowed: {', '.join(DESIGNS)}")

    @property
    def label(self) -> str:
        return f"planted({self.design!r})"

    def load(self) -> Dataset:
        return DESIGNS[self.design](samples=SAMPLES).dataset()
