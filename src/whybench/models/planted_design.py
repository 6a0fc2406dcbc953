"""Networks of `whybench.planted` by name."""

from dataclasses import dataclass, replace
from typing import ClassVar

from whybench.errors import BadParameter, shown
from whybench.planted import DESIGNS
from whybench.protocols import Model, ModelLoader
from whybench.registries import register


@register
@dataclass(frozen=True)
class PlantedDesign(ModelLoader):
    """A network of `whybench.planted`, whose weights are written down so that every pixel's worth is known.

    design: `additive`, `watermark`, `shortcut`, `conjunction`, `exclusive`, `suppressor`, `saturating` or
    `dead_branch`. Inputs (n, 1, 8, 12) float32 from 0 to 1; goes with the dataset `planted` of the same design.

    Raises BadParameter for another design.
    """

    name: ClassVar[str] = "planted"

    design: str = "watermark"

    def __post_init__(self) -> None:
        if self.design not in DESIGNS:
            raise BadParameter(f"planted: design={shown(self.design)}; allowed: {', '.join(DESIGNS)}")

    @property
    def label(self) -> str:
        return f"planted({self.design!r})"

    def load(self) -> Model:
        return replace(DESIGNS[self.design]().model, name=self.label)
