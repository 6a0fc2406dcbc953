"""Checks of hyper-parameters; each raises BadParameter, showing the method, the field and its value."""

from collections.abc import Sequence
from math import isfinite

from whybench.errors import BadParameter
from whybench.protocols import AttributionMethod


def whole(method: AttributionMethod, least: int, *names: str) -> None:
    """Fields that are whole numbers of at least `least`."""
    for name in names:
        value = getattr(method, name)
        if not isinstance(value, int) or value < least:
            raise BadParameter(f"{method.name}: {name}={value!r}; a whole number >= {least} is needed")


def whole_or_none(method: AttributionMethod, least: int, *names: str) -> None:
    """Fields that are whole numbers of at least `least`, or None for a default that depends on the input."""
    whole(method, least, *(name for name in names if getattr(method, name) is not None))


def at_least(method: AttributionMethod, bound: float, *names: str) -> None:
    """Fields that are finite numbers of at least `bound`."""
    for name in names:
        value = getattr(method, name)
        if not (isfinite(value) and value >= bound):
            raise BadParameter(f"{method.name}: {name}={value!r}; a finite number >= {bound:g} is needed")


def positive(method: AttributionMethod, *names: str) -> None:
    """Fields that are finite numbers above 0."""
    for name in names:
        value = getattr(method, name)
        if not (isfinite(value) and value > 0):
            raise BadParameter(f"{method.name}: {name}={value!r}; a finite number > 0 is needed")


def one_of(method: AttributionMethod, name: str, allowed: Sequence[str]) -> None:
    """A field that is one of `allowed`."""
    value = getattr(method, name)
    if value not in allowed:
        raise BadParameter(f"{method.name}: {name}={value!r}; allowed: {', '.join(allowed)}")
