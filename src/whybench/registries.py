"""The registries themselves, and how they are filled."""

from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from whybench.errors import UsageError
from whybench.explanations import Attribution, Explanation
from whybench.protocols import DatasetLoader, Method, Metric, ModelLoader
from whybench.registry import C, Registry

PLUGINS = "whybench.plugins"
"""Entry-point group: each entry names a module that registers its classes when it is imported."""

kinds = Registry[type[Explanation]]("kind", key="kind")
methods = Registry[type[Method[Any]]]("method")
metrics = Registry[type[Metric[Any]]]("metric")
models = Registry[type[ModelLoader]]("model")
datasets = Registry[type[DatasetLoader]]("dataset")
suites = Registry[Any]("suite")

kinds.register(Attribution)


def register(thing: C) -> C:
    """Register a class under its `name` with the others of its sort; a decorator that returns it unchanged.

    Raises UsageError for a class that is no Explanation, Method, Metric, ModelLoader or DatasetLoader, DuplicateName
    where the name is taken.
    """
    sorts: tuple[tuple[type, Registry[Any]], ...] = (
        (Explanation, kinds),
        (Method, methods),
        (Metric, metrics),
        (ModelLoader, models),
        (DatasetLoader, datasets),
    )
    for base, registry in sorts:
        if isinstance(thing, type) and issubclass(thing, base):
            return registry.register(thing)
    raise UsageError(f"{thing!r} is no class of an explanation kind, method, metric, model or dataset")


@cache
def fill() -> dict[str, str]:
    """Import everything built in and every installed plugin; returns the plugins that failed, with the error."""
    for package in ("methods", "metrics", "models", "datasets", "suites"):
        import_module(f"whybench.{package}")
    broken = {}
    for entry in entry_points(group=PLUGINS):
        try:
            entry.load()
        except Exception as error:  # a plugin's failure must not stop the others
            broken[entry.name] = f"{type(error).__name__}: {error}"
    return broken
