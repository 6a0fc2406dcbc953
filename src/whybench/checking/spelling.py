"""What a thing is called, so that another process finds it."""

import dataclasses
import inspect
import sys
from typing import Any

from whybench import registries
from whybench.protocols import Method

PLAIN = bool | int | float | str | None


def spec_of(thing: object) -> str:
    """A spec that names `thing`, or nothing: for a lambda, what is defined in a function, and what is typed in by hand.

    >>> from whybench.methods.attribution import Lime
    >>> spec_of(Lime(samples=50)), spec_of(Lime), spec_of(lambda model, inputs, targets: inputs)
    ('lime(samples=50)', 'whybench.methods.attribution.lime:Lime', '')
    """
    if isinstance(thing, str):
        return thing
    if inspect.isclass(thing) or inspect.isfunction(thing):
        return _place(thing)
    if not isinstance(thing, Method) or not dataclasses.is_dataclass(thing):
        return ""
    made = type(thing)
    known = thing.name in registries.methods and registries.methods[thing.name] is made
    given = _given(thing)
    target = thing.name if known else _place(made)
    return "" if given is None or not target else f"{target}({given})" if given else target


def _place(thing: Any) -> str:
    """`module:name`, where that is the thing itself."""
    module, name = thing.__module__, thing.__qualname__
    here = getattr(sys.modules.get(module), name, None)
    return f"{module}:{name}" if module != "__main__" and here is thing else ""


def _given(thing: Any) -> str | None:
    """The parameters that are not the defaults, as a call has them; None where one of them cannot be written."""
    fields = [f for f in dataclasses.fields(thing) if f.init]
    given = {f.name: getattr(thing, f.name) for f in fields if f.default != getattr(thing, f.name)}
    if not all(isinstance(value, PLAIN) for value in given.values()):
        return None
    return ", ".join(f"{name}={value!r}" for name, value in given.items())
