"""A suite: which methods are judged by which metrics, on which models and datasets; and its plan, the cells."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

from torch import Tensor

from whybench import registries
from whybench.errors import UsageError
from whybench.protocols import Dataset, DatasetLoader, Method, Metric, Model, ModelLoader
from whybench.resolver import resolve
from whybench.wrappers import FunctionMethod

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
        return _name(self.model)

    @property
    def dataset_name(self) -> str:
        return _name(self.dataset)

    def cells(self) -> list[Cell]:
        """The grid, methods outermost: an explanation is made once and read by every metric."""
        return [Cell(self.dataset_name, self.model_name, e, m) for e in self.methods for m in self.metrics]


@dataclass(frozen=True)
class Suite:
    """Blocks under one name and one seed."""

    name: str
    blocks: tuple[Block, ...]
    seed: int = 0

    def plan(self) -> list[Cell]:
        """All cells in the order in which they run."""
        return [cell for block in self.blocks for cell in block.cells()]

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
    return Block(model, dataset, entries(methods), tuple(metric(m) for m in metrics), samples, target)


def entries(things: Sequence[MethodLike] | Mapping[str, MethodLike]) -> tuple[Entry, ...]:
    """Methods as entries; a spec, an object or a callable each, or a dict of them by name."""
    if isinstance(things, Mapping):
        return tuple(Entry(str(label), method(thing)) for label, thing in things.items())
    if isinstance(things, str) or not isinstance(things, Sequence):
        raise UsageError(f"methods={things!r}; expected a list or a dict of names, methods or callables")
    made = [method(thing) for thing in things]
    return tuple(Entry(_label(m), m) for m in made)


def method(thing: MethodLike) -> Method[Any]:
    """A method from a spec, a method or any callable (module, inputs, targets) -> relevance."""
    found = resolve(registries.methods, thing) if isinstance(thing, str) else thing
    if isinstance(found, type) and issubclass(found, Method):
        found = found()
    if isinstance(found, Method):
        return found
    if callable(found) and not isinstance(found, Tensor):
        return FunctionMethod(found)
    raise UsageError(f"{thing!r} is no method: expected a name, a Method or a callable (module, inputs, targets)")


def metric(thing: MetricLike) -> Metric[Any]:
    """A metric from a spec or a metric."""
    found = resolve(registries.metrics, thing) if isinstance(thing, str) else thing
    if isinstance(found, type) and issubclass(found, Metric):
        found = found()
    if not isinstance(found, Metric):
        raise UsageError(f"{thing!r} is no metric: expected a name or a Metric")
    return found


def suite(thing: str | Suite | SuiteLoader) -> Suite:
    """A suite from a spec, a loader or a suite."""
    found = resolve(registries.suites, thing) if isinstance(thing, str) else thing
    found = found.load() if isinstance(found, SuiteLoader) else found
    if not isinstance(found, Suite):
        raise UsageError(f"{thing!r} is no suite: expected a name, file.py:attr or a Suite")
    return found


def _label(made: Method[Any]) -> str:
    if isinstance(made, FunctionMethod):
        return str(getattr(made.function, "__name__", type(made.function).__name__))
    return made.name


def _name(thing: ModelLike | DatasetLike) -> str:
    """The bare name: a spec's target, or what the object calls itself."""
    return thing.partition("(")[0].strip() if isinstance(thing, str) else thing.name
