"""Calling a class or function with the literals that a user wrote; what does not fit is named."""

import inspect
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from whybench.errors import BadParameter, WhybenchError, shown
from whybench.foreign import told

VARIABLE = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def build(factory: Callable[..., Any], target: str, positional: Sequence[Any], keywords: dict[str, Any]) -> Any:
    """What `factory` makes of literals; `target` is what messages call it.

    Raises BadParameter for a parameter that it does not have (close matches shown), one that is missing, and a value
    of another type than the declared one.
    """
    try:
        signature = inspect.signature(factory)
    except (TypeError, ValueError) as error:
        raise BadParameter(f"{target} takes no parameters: {error}") from error
    parameters = signature.parameters
    names = [name for name, p in parameters.items() if p.kind not in VARIABLE]
    open_ended = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values())
    listed = ", ".join(names) or "none"
    for name in keywords:
        if name not in names and not open_ended:
            close = get_close_matches(name, names, n=2, cutoff=0.5)
            hint = f" Did you mean {' or '.join(close)}?" if close else ""
            raise BadParameter(f"{target} has no parameter {name!r}.{hint} Parameters: {listed}.")
    try:
        bound = signature.bind(*positional, **keywords).arguments
    except TypeError as error:
        raise BadParameter(f"{target}: {error}; its parameters: {listed}") from error
    given = {name: value for name, value in bound.items() if name in names}
    try:
        made = factory(*positional, **keywords)
    except WhybenchError:
        raise
    except Exception as error:
        _check_types(factory, target, given)
        raise BadParameter(f"{target} cannot be made: {told(error)}") from error
    _check_types(factory, target, given)
    return made


def fits(value: Any, hint: Any) -> bool:
    """Whether a literal is of a declared type; what no literal can be (a tensor, a class) is not judged.

    >>> fits(3, float), fits(True, int), fits([1, 2], tuple[int, ...]), fits("x", int | None)
    (True, False, True, False)
    """
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return any(fits(value, one) for one in inner)
    if origin is Literal:
        return any(value == one and type(value) is type(one) for one in inner)
    if hint in (None, NoneType):
        return value is None
    if hint in (bool, str):
        return isinstance(value, hint)
    if hint in (int, float):
        return isinstance(value, int if hint is int else int | float) and not isinstance(value, bool)
    if origin in (tuple, list):
        return isinstance(value, tuple | list) and _items_fit(value, inner)
    return True


def _items_fit(values: Sequence[Any], hints: tuple[Any, ...]) -> bool:
    if len(hints) == 1 or hints[1:] == (...,):
        return all(fits(value, hints[0]) for value in values)
    return len(values) == len(hints) and all(map(fits, values, hints))


def _check_types(factory: Callable[..., Any], target: str, given: dict[str, Any]) -> None:
    try:
        hints = get_type_hints(factory.__init__ if inspect.isclass(factory) else factory)
    except (AttributeError, NameError, TypeError):  # hints that name what cannot be found say nothing
        return
    for name, value in given.items():
        if name in hints and not fits(value, hints[name]):
            raise BadParameter(f"{target}: {name}={shown(value)}; expected {_declared(hints[name])}")


def _declared(hint: Any) -> str:
    if get_origin(hint) is Literal:
        return f"one of {', '.join(map(repr, get_args(hint)))}"
    return inspect.formatannotation(hint).replace("typing.", "")
