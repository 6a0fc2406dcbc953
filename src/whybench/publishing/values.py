"""Values that a stranger wrote: of the type that is needed, or TypeError with what is there."""

from typing import Any

from whybench.errors import shown


def text_of(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{shown(value)} where a text is needed")
    return value


def object_of(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(f"{shown(value)} where an object is needed")
    return value


def truth_of(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{shown(value)} where yes or no is needed")
    return value


def whole_of(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{shown(value)} where a whole number is needed")
    return value
