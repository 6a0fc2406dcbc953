"""A metric: what it is shown (`Case`), what it may ask the engine to share (`Artifact`), what it answers (`Scores`)."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Generic, Self, TypeVar

import torch
from torch import Tensor

from whybench.domains import Domain
from whybench.errors import BadParameter, BadScores, shown
from whybench.explanations import Explanation
from whybench.passes import Passes
from whybench.protocols.asking import predict
from whybench.protocols.method import Method
from whybench.protocols.model import Model
from whybench.protocols.truth import Truth
from whybench.streams import Streams

E = TypeVar("E", bound=Explanation)

TOGETHER = 2**16
"""Values of small inputs that are made at once, the rows of several passes: to make few takes as long as many."""


@dataclass(frozen=True, eq=False)
class Curves:
    """The curve behind each score: x and y of shape (n, points), float64; `x_name` and `y_name` label the axes."""

    x: Tensor
    y: Tensor
    x_name: str
    y_name: str


@dataclass(frozen=True, eq=False)
class Scores:
    """One number a sample.

    values: (n,) float64; undefined: position -> why this sample has no value (its value is NaN, and only then);
    censored: position -> why the value is a bound rather than a measurement; details: further numbers a sample, by
    name, NaN where undefined; curves: the curve behind the number, where there is one.

    >>> Scores(torch.tensor([0.5], dtype=torch.float64)).values.tolist()
    [0.5]

    Raises BadScores where a value is not finite without a reason.
    """

    values: Tensor
    undefined: Mapping[int, str] = field(default_factory=dict)
    censored: Mapping[int, str] = field(default_factory=dict)
    details: Mapping[str, Tensor] = field(default_factory=dict)
    curves: Curves | None = None

    def __post_init__(self) -> None:
        if self.values.ndim != 1 or self.values.dtype != torch.float64:
            raise BadScores(
                f"scores of shape {tuple(self.values.shape)} and dtype {self.values.dtype}; expected (n,) float64"
            )
        bad = {int(i) for i in (~torch.isfinite(self.values)).nonzero()}
        if bad != set(self.undefined):
            raise BadScores(f"scores not finite at positions {sorted(bad)}, reasons given for {sorted(self.undefined)}")


@dataclass(frozen=True)
class Artifact(ABC):
    """Something that several metrics read off: a frozen dataclass whose fields name it, computed once and stored.

    shared: True for what does not depend on the explanation: it is computed once for all methods, from a case that
    holds no explanation and cannot ask for one.
    """

    name: ClassVar[str]
    shared: ClassVar[bool] = False
    needs: ClassVar[frozenset[str]] = frozenset()
    """`training` or `retraining` where it reads that data of the model, so that its key holds the data's digest."""

    @abstractmethod
    def compute(self, case: "Case[Any]") -> dict[str, Tensor]:
        """The artifact's tensors, from one case."""

    def passes(self, case: "Case[Any]", tensors: Mapping[str, Tensor]) -> Passes | None:
        """The passes that the definition needs to make `tensors`, the artifact; None where nobody says.

        Those of artifacts that it reads are included.
        """
        return None


@dataclass(frozen=True, eq=False)
class Case(Generic[E]):
    """One explanation and what is needed to judge it: the only thing that a metric sees.

    inputs: (n, ...); targets: (n,) int64, the explained outputs; labels: (n,) true classes or values;
    rows: how many rows go into one pass; method: what was asked, for metrics that judge more of it than its answers;
    truth: where the evidence for the labels lies, where that is known; explaining: the passes that one explanation of
    all samples needs, where the method says so.
    """

    model: Model
    inputs: Tensor
    targets: Tensor
    labels: Tensor
    ids: tuple[str, ...]
    explanation: E
    streams: Streams
    rows: int
    ask: Callable[[Model, Tensor, Tensor, tuple[str, ...]], E]
    fetch: Callable[[Artifact], dict[str, Tensor]]
    method: Method[Any] | None = None
    truth: Truth | None = None
    explaining: Passes | None = None

    @property
    def domain(self) -> Domain:
        return self.model.domain

    def __len__(self) -> int:
        return len(self.ids)

    def explain(
        self,
        *,
        model: Model | None = None,
        inputs: Tensor | None = None,
        targets: Tensor | None = None,
        ids: tuple[str, ...] | None = None,
    ) -> E:
        """The same method asked again, with the same random streams, on another model, inputs or targets.

        ids: where `inputs` are other samples, as many or as few as there are, their names.
        """
        return self.ask(
            self.model if model is None else model,
            self.inputs if inputs is None else inputs,
            self.targets if targets is None else targets,
            self.ids if ids is None else ids,
        )

    def asked(self, times: float) -> Passes | None:
        """The passes that it needs to ask the method so often about all samples; None where it does not say."""
        return None if self.explaining is None else self.explaining * times

    def without_explanation(self) -> "Case[E]":
        """The same case for what all methods share: it holds no explanation and cannot ask for one."""

        def refuse(model: Model, inputs: Tensor, targets: Tensor, ids: tuple[str, ...]) -> E:
            raise TypeError("a shared artifact cannot ask the method")

        nothing: Any = None
        return replace(self, explanation=nothing, ask=refuse)

    def artifact(self, request: Artifact) -> dict[str, Tensor]:
        """The tensors of a shared artifact: read where it is known already, computed and stored otherwise."""
        return self.fetch(request)

    def predict(self, inputs: Tensor, *, disposable: bool = False) -> Tensor:
        """The model's outputs, (n, outputs), without a graph; disposable: the model may write into `inputs`."""
        return predict(self.model, inputs, self.rows, disposable=disposable)

    @property
    def passes_together(self) -> int:
        """How many passes' rows are made at once: several where inputs are small, since to make few takes as long."""
        return max(1, TOGETHER // (self.rows * self.inputs.shape[1:].numel()))

    def each(self, draws: int, passes: int = 1) -> Iterator[tuple[Tensor, Tensor]]:
        """All (sample, draw) pairs, sample-major, in batches of `passes` full passes: two int64 tensors a batch."""
        for flat in torch.split(torch.arange(len(self) * draws, device=self.inputs.device), self.rows * passes):
            yield flat // draws, flat % draws


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
