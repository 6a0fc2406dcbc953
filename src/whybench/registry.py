"""Named classes: methods, metrics, models, datasets, kinds and suites."""

from collections.abc import Iterator
from html import escape
from typing import Generic, TypeVar

from whybench.errors import DuplicateName, UnknownName

T = TypeVar("T")
C = TypeVar("C")


class Registry(Generic[T]):
    """Things of one sort by name.

    >>> registry = Registry[object]("method")
    >>> @registry.register
    ... class Gradient:
    ...     name = "gradient"
    >>> registry["gradient"] is Gradient
    True
    >>> registry["gradeint"]
    Traceback (most recent call last):
        ...
    whybench.errors.UnknownName: unknown method 'gradeint'. Did you mean gradient? Known: gradient.
    """

    def __init__(self, sort: str, key: str = "name") -> None:
        self.sort = sort
        self.key = key
        self._things: dict[str, T] = {}

    def register(self, thing: C) -> C:
        """Store `thing` under its name and return it unchanged."""
        self.add(getattr(thing, self.key), thing)  # type: ignore[arg-type]
        return thing

    def add(self, name: str, thing: T) -> None:
        """Store `thing` under `name`; raises DuplicateName, showing both places, where the name is taken."""
        known = self._things.get(name)
        if known is not None and _place(known) != _place(thing):
            raise DuplicateName(f"{self.sort} {name!r} is registered by {_place(known)} and again by {_place(thing)}")
        self._things[name] = thing

    def __getitem__(self, name: str) -> T:
        try:
            return self._things[name]
        except KeyError:
            raise UnknownName(self.sort, name, list(self._things)) from None

    def __contains__(self, name: object) -> bool:
        return name in self._things

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._things))

    def __len__(self) -> int:
        return len(self._things)

    def __repr__(self) -> str:
        return f"Registry({self.sort}: {', '.join(self)})"

    def _repr_html_(self) -> str:
        """A table for notebooks: every name with the first sentence of its documentation."""
        rows = "\n".join(f"<tr><th>{escape(n)}</th><td>{escape(_sentence(self._things[n]))}</td></tr>" for n in self)
        return (
            f"<table>\n<caption>{escape(self.sort)}: {len(self)}</caption>\n"
            f"<thead><tr><th>name</th><th>what it is</th></tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>\n"
        )


def _sentence(thing: object) -> str:
    text = " ".join((thing.__doc__ or "").partition("\n\n")[0].split())
    return text.partition(". ")[0].rstrip(".") + "." if text else ""


def _place(thing: object) -> str:
    return f"{getattr(thing, '__module__', '?')}.{getattr(thing, '__qualname__', repr(thing))}"
