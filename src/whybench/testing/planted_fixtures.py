"""Fixtures of planted models: networks whose weights are written down, and what every pixel is worth, exactly."""

from collections.abc import Callable
from typing import TYPE_CHECKING

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


Make = Callable[..., "Planted"]


@pytest.fixture
def planted_additive(planted: Make) -> "Planted":
    """Each pixel has a rectifier of its own."""
    return planted("additive")


@pytest.fixture
def planted_watermark(planted: Make) -> "Planted":
    """Glyphs and a filter for each: the gradient is 0 outside of them."""
    return planted("watermark")


@pytest.fixture
def planted_shortcut(planted: Make) -> "Planted":
    """A tag and a shape that decide half each."""
    return planted("shortcut")


@pytest.fixture
def planted_conjunction(planted: Make) -> "Planted":
    """Two patches, AND."""
    return planted("conjunction")


@pytest.fixture
def planted_exclusive(planted: Make) -> "Planted":
    """Two patches, XOR."""
    return planted("exclusive")


@pytest.fixture
def planted_suppressor(planted: Make) -> "Planted":
    """A patch that tells nothing of the class, and takes the noise of the other one off."""
    return planted("suppressor")


@pytest.fixture
def planted_saturating(planted: Make) -> "Planted":
    """A patch that has done all it can: its gradient is 0."""
    return planted("saturating")


@pytest.fixture
def planted_dead_branch(planted: Make) -> "Planted":
    """A patch that is looked at and has no weight in the answer."""
    return planted("dead_branch")
