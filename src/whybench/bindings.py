"""What a user's function holds besides the text of its file: two functions of one text may differ in it."""

from functools import partial
from types import FunctionType, MethodType
from typing import Any

from torch import nn

from whybench.digests import module_digest
from whybench.parameters import plain


def bindings(function: Any, inside: tuple[Any, ...] = ()) -> Any:
    """Place in the file, defaults, closure and bound arguments, as plain values.

    >>> def scaled(by):
    ...     return lambda module, inputs, targets: by * inputs
    >>> bindings(scaled(2)) == bindings(scaled(2)), bindings(scaled(2)) == bindings(scaled(3))
    (True, False)
    """
    if any(function is outer for outer in inside):
        return "itself"
    place: list[Any] = []
    if isinstance(function, partial):
        parts = [function.func, *function.args, *(part for pair in sorted(function.keywords.items()) for part in pair)]
    elif isinstance(function, MethodType):
        parts = [function.__func__, function.__self__]
    elif isinstance(function, FunctionType):
        code, cells = function.__code__, [cell.cell_contents for cell in function.__closure__ or ()]
        place = [code.co_qualname, *map(list, code.co_positions())]
        parts = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values(), *cells]
    else:
        return plain(function)
    return [place, [_held(part, (*inside, function)) for part in parts]]


def _held(value: Any, inside: tuple[Any, ...]) -> Any:
    if isinstance(value, nn.Module):
        return module_digest(value)
    if isinstance(value, partial | MethodType | FunctionType):
        return bindings(value, inside)
    return plain(value)
