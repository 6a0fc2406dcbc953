"""A metric: what it declares, and the `Scores` that it answers to a `Case`."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Generic, Self, TypeVar

from whybench.errors import BadParameter, shown
from whybench.explanations import Explanation
from whybench.passes import Passes
from whybench.protocols.case import Case
from whybench.protocols.scores import Scores

E = TypeVar("E", bound=Explanation)


def preset_parameters(metric: type["Metric[Any]"], name: str) -> dict[str, Any]:
    """What a named convention stands for; raises BadParameter, with the names that there are, for any other."""
    if not isinstance(name, str) or name not in metric.presets:
        known = ", ".join(metric.presets) or "none"
        raise BadParameter(f"{metric.name} has no preset {shown(name)}; presets: {known}")
    return dict(metric.presets[name])


class Metric(ABC, Generic[E]):
    """A metric: a frozen dataclass whose typed fields are its parameters; one number a sample, nothing else.

    It never averages over samples, plots, prints or saves.
    """

    name: ClassVar[str]
    kind: ClassVar[type[Explanation]]
    family: ClassVar[str]
    """faithfulness, consistency, robustness, sanity, region, localisation, complexity or axiom."""
    range: ClassVar[tuple[float, float]]
    reference: ClassVar[str]
    """Key in docs/references.bib."""
    needs: ClassVar[frozenset[str]] = frozenset()
    """What a model must give (`Model.capabilities`); `masks`: the samples must come with ground truth."""
    stochastic: ClassVar[bool] = False
    libraries: ClassVar[tuple[str, ...]] = ()
    """Distributions whose version can change the score, beyond those of the engine."""
    trivial: ClassVar[bool] = False
    """True where maps that know nothing of the model win by definition; the board says so instead of ranking."""
    headline: ClassVar[bool] = False
    """True for the metric that its family's table is sorted by; at most one a family."""
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """Conventions of others, by name: the parameters that reproduce them."""

    @classmethod
    def preset(cls, name: str) -> Self:
        """The metric with the parameters of a named convention; raises BadParameter for a name that it has not.

        >>> from whybench.metrics.attribution import PixelFlipping
        >>> PixelFlipping.preset("pnpxai").infill
        'zero'
        """
        return cls(**preset_parameters(cls, name))

    @property
    @abstractmethod
    def higher_is_better(self) -> bool:
        """The direction, with these parameters."""

    @abstractmethod
    def score(self, case: Case[E]) -> Scores:
        """One number a sample."""

    def passes(self, case: Case[E]) -> Passes | None:
        """The passes that the definition needs besides those of the artifacts that it reads, for the timing profile.

        None where nobody says; a metric that sends nothing through the model itself need not say so.
        """
        return None
