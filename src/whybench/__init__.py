"""whybench: benchmark explanations of machine-learning models.

Names are loaded when they are first used, so that `whybench --help` needs neither torch nor pandas.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from whybench import planted as planted
    from whybench.evaluation import evaluate as evaluate
    from whybench.leaderboard import Leaderboard as Leaderboard
    from whybench.naming import dataset as dataset
    from whybench.naming import method as method
    from whybench.naming import metric as metric
    from whybench.naming import model as model
    from whybench.registries import register as register
    from whybench.runner import run as run
    from whybench.store import Store as Store
    from whybench.suite import Block as Block
    from whybench.suite import Suite as Suite
    from whybench.suite import block as block
    from whybench.trees import tree_model as tree_model

_ROOMS = ("planted",)
"""Public names that are packages themselves."""
_PLACES = {
    "Block": "suite",
    "Leaderboard": "leaderboard",
    "Store": "store",
    "Suite": "suite",
    "block": "suite",
    "dataset": "naming",
    "evaluate": "evaluation",
    "method": "naming",
    "metric": "naming",
    "model": "naming",
    "register": "registries",
    "run": "runner",
    "tree_model": "trees",
}

__all__ = sorted([*_PLACES, *_ROOMS])


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return import_module("importlib.metadata").version("whybench")
    if name in _ROOMS:
        return import_module(f"whybench.{name}")
    if name not in _PLACES:
        raise AttributeError(f"module 'whybench' has no attribute {name!r}")
    return getattr(import_module(f"whybench.{_PLACES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
