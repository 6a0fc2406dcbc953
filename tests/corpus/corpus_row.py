"""One known bug of the field, and the clause of `whybench check` that catches it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from whybench.protocols import AttributionMethod, Case, Metric, Query, Scores


@dataclass(frozen=True)
class Row:
    """where: project and thread; what: the mistake; sound: what is checked, by name; faulty: the same with the bug.

    clause: which one the sound one keeps and the faulty one breaks; models: of the zoo, none for what is no method.
    """

    where: str
    what: str
    sound: str
    faulty: Any
    clause: str
    models: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Project and thread, as a test is called."""
        return self.where.replace(" ", "-").replace("#", "").replace(",", "")


@dataclass(frozen=True)
class Elsewhere:
    """A bug that no clause speaks of, since it lies outside of methods, metrics, models and data: test holds it.

    name, faulty: what the test's file calls by that name, and the same with the bug; arguments: of the test.
    """

    where: str
    what: str
    test: str
    name: str
    faulty: Callable[..., Any]
    arguments: dict[str, Any] = field(default_factory=dict)


def spoilt(known: type[AttributionMethod], change: Callable[[Tensor, Query], Tensor]) -> AttributionMethod:
    """A method whose map is changed on the way out."""

    def relevance(self: Any, query: Query) -> Tensor:
        return change(known.relevance(self, query), query)

    made: AttributionMethod = type(f"Spoilt{known.__name__}", (known,), {"relevance": relevance})()
    return made


def misjudging(metric: Metric[Any], score: Callable[[Metric[Any], Case[Any]], Scores], **facts: Any) -> Metric[Any]:
    """A metric with another way to score; facts: of the class."""
    known = type(metric)

    def scored(self: Any, case: Case[Any]) -> Scores:
        return score(metric, case)

    made: Metric[Any] = type(f"Misjudging{known.__name__}", (known,), {"score": scored, **facts})(**vars(metric))
    return made
