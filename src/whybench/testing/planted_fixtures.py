"""Fixtures of planted models: networks whose weights are written down, and what every pixel is worth, exactly."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from whybench.planted import Planted


@pytest.fixture
def planted() -> "Callable[..., Planted]":
    """A planted model by its design: `planted("shortcut", strength=0.75)`."""
    from whybench.errors import UnknownName
    from whybench.planted import DESIGNS

    def make(design: str, **options: float) -> "Planted":
        if design not in DESIGNS:
            raise UnknownName("planted design", design, list(DESIGNS))
        return DESIGNS[design](**options)

    return make


def of_design(design: str, what: str) -> Any:
    """The fixture `planted_DESIGN`; what: its line in `pytest --fixtures`."""

    def made(planted: "Callable[..., Planted]") -> "Planted":
        return planted(design)

    made.__doc__ = what
    return pytest.fixture(made, name=f"planted_{design}")


additive = of_design("additive", "Each pixel has a rectifier of its own.")
watermark = of_design("watermark", "Glyphs and a filter for each: the gradient is 0 outside of them.")
shortcut = of_design("shortcut", "A tag and a shape that decide half each.")
conjunction = of_design("conjunction", "Two patches, AND.")
exclusive = of_design("exclusive", "Two patches, XOR.")
suppressor = of_design(
    "suppressor", "A patch that tells nothing of the class, and takes the noise of the other one off."
)
saturating = of_design("saturating", "A patch that has done all it can: its gradient is 0.")
dead_branch = of_design("dead_branch", "A patch that is looked at and has no weight in the answer.")
