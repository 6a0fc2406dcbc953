"""A suite: which methods are judged by which metrics, on which models and datasets; and its plan, the cells."""

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from torch import Tensor

from whybench import registries
from whybench.digests import canonical_json
from whybench.errors import UsageError, shown
from whybench.foreign import foreign
from whybench.parameters import parameters
from whybench.protocols import Dataset, DatasetLoader, Method, Metric, Model, ModelLoader
from whybench.registry import Registry
from whybench.resolver import resolve
from whybench.streams import check_seed
from whybench.wrappers import FunctionMethod, of_function

if TYPE_CHECKING:
    from whybench.leaderboard import Leaderboard
    from whybench.store import Store

MethodLike = str | Method[Any] | Callable[..., Any]
MetricLike = str | Metric[Any]
ModelLike = str | ModelLoader | Model
DatasetLike = str | DatasetLoader | Dataset
TargetPolicy = Literal["predicted", "label"]


@dataclass(frozen=True)
class Entry:
    """A method under the name that boards show."""

    label: str
    method: Method[Any]


@dataclass(frozen=True)
class Cell:
    """One method judged by one metric on one dataset through one model."""

    dataset: str
    model: str
    entry: Entry
    metric: Metric[Any]


@dataclass(frozen=True)
class Block:
    """A full grid of methods x metrics on one model and one dataset.

    samples: how many of the dataset's samples, from the first; None for all.
    target: what is explained: the class that the model predicts for the clean input, or the true label.
    """

    model: ModelLike
    dataset: DatasetLike
    methods: tuple[Entry, ...]
    metrics: tuple[Metric[Any], ...]
    samples: int | None = None
    target: TargetPolicy = "predicted"

    @property
    def model_name(self) -> str:
        return _name(registries.models, self.model)

    @property
    def dataset_name(self) -> str:
        return _name(registries.datasets, self.dataset)

    def cells(self) -> list[Cell]:
        """The grid, methods outermost: an explanation is made once and read by every metric."""
        return [Cell(self.dataset_name, self.model_name, e, m) for e in self.methods for m in self.metrics]


@dataclass(frozen=True)
class Suite:
    """Blocks under one name and one seed; a method has one explanation on each model and dataset."""

    name: str
    blocks: tuple[Block, ...]
    seed: int = 0

    def __post_init__(self) -> None:
        check_seed(self.seed)
        known: dict[tuple[str, ...], Block] = {}
        for one in self.blocks:
            for entry in one.methods:
                other = known.setdefault((one.model_name, one.dataset_name, *_named(entry)), one)
                if replace(other, methods=(), metrics=()) != replace(one, methods=(), metrics=()):
                    raise UsageError(
                        f"suite {self.name!r} holds {entry.label} on {one.model_name} and {one.dataset_name} twice, "
                        "with other data, samples or targets; make it two suites, or name one of them in a dict "
                        "{name: method}"
                    )

    def plan(self) -> list[Cell]:
        """All cells in the order in which they run."""
        return [cell for block in self.blocks for cell in block.cells()]

    def run(self, store: "Store | None" = None) -> "Leaderboard":
        """Run all cells that `store` (a store in memory, where none is given) does not hold, and return the board."""
        from whybench.leaderboard import Leaderboard
        from whybench.runner import run
        from whybench.store import Store

        kept = Store.memory() if store is None else store
        run(self, kept)
        return Leaderboard(kept.records(self.name), kept.explanation_records(self.name))

    def limited(self, samples: int | None = None, seed: int | None = None) -> "Suite":
        """The same suite with another number of samples or another seed."""
        blocks = self.blocks if samples is None else tuple(replace(b, samples=samples) for b in self.blocks)
        return replace(self, blocks=blocks, seed=self.seed if seed is None else seed)


class SuiteLoader(ABC):
    """A registered suite: a frozen dataclass whose fields are its options."""

    name: ClassVar[str]

    @abstractmethod
    def load(self) -> Suite:
        """The suite."""


def block(
    model: ModelLike,
    dataset: DatasetLike,
    methods: Sequence[MethodLike] | Mapping[str, MethodLike],
    metrics: Sequence[MetricLike],
    samples: int | None = None,
    target: TargetPolicy = "predicted",
) -> Block:
    """A block from names, specs or objects; a dict of methods gives each its own name on the board."""
    return Block(model, dataset, entries(methods), judges(metrics), samples, target)


def entries(things: Sequence[MethodLike] | Mapping[str, MethodLike]) -> tuple[Entry, ...]:
    """Methods as entries; a spec, an object or a callable each, or a dict of them by name.

    Raises UsageError where two different methods would stand on a board under one name with the same parameters.
    """
    if isinstance(things, Mapping):
        return tuple(Entry(str(label), method(thing)) for label, thing in things.items())
    if isinstance(things, str) or not isinstance(things, Sequence):
        raise UsageError(f"methods={shown(things)}; expected a list or a dict of names, methods or callables")
    distinct: dict[tuple[str, str], Entry] = {}
    for made in map(method, things):
        entry = Entry(_label(made), made)
        known = distinct.setdefault(_named(entry), entry)
        if type(known.method) is not type(made) or _function(known.method) is not _function(made):
            raise UsageError(f"two methods are called {entry.label!r}; name them in a dict {{name: method}}")
    return tuple(distinct.values())


def judges(things: Sequence[MetricLike]) -> tuple[Metric[Any], ...]:
    """Metrics from specs or metrics, each once."""
    if isinstance(things, str) or not isinstance(things, Sequence):
        raise UsageError(f"metrics={shown(things)}; expected a list of names or metrics")
    return tuple({_named(m): m for m in map(metric, things)}.values())


def method(thing: MethodLike) -> Method[Any]:
    """A method from a spec, a method or any callable (module, inputs, targets) -> relevance."""
    found = resolve(registries.methods, thing) if isinstance(thing, str) else thing
    if isinstance(found, type) and issubclass(found, Method):
        found = found()
    if isinstance(found, Method):
        return found
    if callable(found) and not isinstance(found, Tensor):
        return of_function(found)
    raise UsageError(f"{shown(thing)} is no method: expected a name, a Method or a callable (module, inputs, targets)")


def metric(thing: MetricLike) -> Metric[Any]:
    """A metric from a spec or a metric."""
    found = resolve(registries.metrics, thing) if isinstance(thing, str) else thing
    if isinstance(found, type) and issubclass(found, Metric):
        found = found()
    if not isinstance(found, Metric):
        raise UsageError(f"{shown(thing)} is no metric: expected a name or a Metric")
    return found


def suite(thing: str | Suite | SuiteLoader) -> Suite:
    """A suite from a spec, a loader, a suite, or a function that makes one."""
    found = resolve(registries.suites, thing) if isinstance(thing, str) else thing
    with foreign(f"suite {shown(thing)} cannot be loaded"):
        if inspect.isfunction(found):
            found = found()
        found = found.load() if isinstance(found, SuiteLoader) else found
    if not isinstance(found, Suite):
        raise UsageError(f"{shown(thing)} is no suite: expected a name, file.py:attr or a Suite")
    return found


def _named(thing: Entry | Metric[Any]) -> tuple[str, str]:
    """What tells a method or metric from the others on a board."""
    label, made = (thing.label, thing.method) if isinstance(thing, Entry) else (thing.name, thing)
    return label, canonical_json(parameters(made))


def _function(made: Method[Any]) -> object:
    return made.function if isinstance(made, FunctionMethod) else None


def _label(made: Method[Any]) -> str:
    if isinstance(made, FunctionMethod):
        return str(getattr(made.function, "__name__", type(made.function).__name__))
    return made.name


def _name(registry: Registry[Any], thing: ModelLike | DatasetLike) -> str:
    """What a model or dataset calls itself; a registered one, with the options that make it another one."""
    if isinstance(thing, str):
        registries.fill()
        found = resolve(registry, thing) if _target(thing) in registry else None
        return found.label if isinstance(found, ModelLoader | DatasetLoader) else _target(thing)
    return thing.label if isinstance(thing, ModelLoader | DatasetLoader) else thing.name


def _target(spec: str) -> str:
    return spec.partition("(")[0].strip()
