"""What is registered, as plain data for `list`, `info` and the report."""

import dataclasses
import inspect
from typing import Any

from whybench import registries
from whybench.errors import UnknownName
from whybench.parameters import plain
from whybench.registry import Registry

SORTS: dict[str, Registry[Any]] = {
    "methods": registries.methods,
    "metrics": registries.metrics,
    "models": registries.models,
    "datasets": registries.datasets,
    "suites": registries.suites,
    "kinds": registries.kinds,
}

FACTS = ("family", "domain", "stochastic", "signed", "control", "polarity", "complete", "grid", "trivial", "range")


def catalogue(sort: str, kind: str | None = None) -> list[dict[str, Any]]:
    """All registered things of a sort by name, of one kind where `kind` is given."""
    registries.fill()
    if sort not in SORTS:
        raise UnknownName("sort", sort, list(SORTS))
    if kind is not None and kind not in registries.kinds:
        raise UnknownName("kind", kind, list(registries.kinds))
    found = [describe(name, SORTS[sort][name]) for name in SORTS[sort]]
    return [entry for entry in found if kind is None or entry.get("kind") == kind]


def find(name: str) -> list[tuple[str, dict[str, Any], str]]:
    """Everything registered under a name: its sort, its facts and its documentation."""
    registries.fill()
    bare = name.partition("(")[0].strip()
    found = [
        (sort, describe(bare, registry[bare]), inspect.getdoc(registry[bare]) or "")
        for sort, registry in SORTS.items()
        if bare in registry
    ]
    if not found:
        raise UnknownName("name", bare, [known for registry in SORTS.values() for known in registry])
    return found


def describe(name: str, thing: type) -> dict[str, Any]:
    """One registered class as plain data."""
    example = _example(thing)
    entry: dict[str, Any] = {"name": name, "summary": (inspect.getdoc(thing) or "").partition("\n")[0]}
    kind = getattr(thing, "kind", None)
    if kind is not None:
        entry["kind"] = kind if isinstance(kind, str) else kind.kind
    for fact in FACTS:
        value = getattr(example, fact, None)
        if value is not None:
            entry[fact] = plain(value)
    if hasattr(example, "needs"):
        entry["needs"] = sorted(example.needs) if isinstance(example.needs, frozenset) else []
        entry.setdefault("family", None)
        entry["higher_is_better"] = getattr(example, "higher_is_better", None)
    if hasattr(thing, "reference"):
        entry["reference"] = thing.reference
    entry["parameters"] = _parameters(thing)
    return entry


def _example(thing: type) -> Any:
    """An instance with default parameters, or the class itself where there is none."""
    try:
        return thing()
    except TypeError:
        return thing


def _parameters(thing: type) -> dict[str, Any]:
    """Names and defaults; a parameter without a default is shown as null."""
    if not dataclasses.is_dataclass(thing):
        return {}
    shown = {}
    for field in dataclasses.fields(thing):
        if not field.init or not field.metadata.get("parameter", True):
            continue
        default = field.default
        if default is dataclasses.MISSING and field.default_factory is not dataclasses.MISSING:
            default = field.default_factory()
        shown[field.name] = None if default is dataclasses.MISSING else plain(default)
    return shown
