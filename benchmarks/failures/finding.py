"""What one library does on cases with a known answer, beside what whybench does there."""

from collections.abc import Callable
from dataclasses import dataclass, field

from torch import Tensor

Value = float | str
"""A number, or the class of an exception."""


@dataclass(frozen=True)
class Finding:
    """What the other library gives, what whybench gives, and what is right by hand, by theory or by definition."""

    theirs: Value
    ours: Value
    right: Value


@dataclass(frozen=True)
class Case:
    """One row of the catalogue.

    title: what is asked of which model; measure: what the three values are; why: what goes wrong, and the guard;
    within: how far the library may be from the page, where rounding alone makes its value, on each processor another.
    """

    title: str
    measure: str
    why: str
    run: Callable[[], Finding]
    within: float = 1e-9


@dataclass(frozen=True)
class Cases:
    """The cases of one file; an instance decorates functions whose docstring says why."""

    cases: list[Case] = field(default_factory=list)

    def __call__(
        self, title: str, measure: str, within: float = 1e-9
    ) -> Callable[[Callable[[], Finding]], Callable[[], Finding]]:
        def add(run: Callable[[], Finding]) -> Callable[[], Finding]:
            self.cases.append(Case(title, measure, " ".join((run.__doc__ or "").split()), run, within))
            return run

        return add


def far(found: Tensor, truth: Tensor) -> float:
    """The largest absolute difference."""
    return (found.detach() - truth.detach()).abs().max().item()


def said(work: Callable[[], object]) -> str:
    """The class of the exception that `work` raises, or that it raised none."""
    try:
        work()
    except Exception as error:  # any exception is the finding
        return type(error).__name__
    return "no error"
