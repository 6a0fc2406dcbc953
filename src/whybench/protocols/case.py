"""What a metric is shown (`Case`), and what it may ask the engine to share (`Artifact`)."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Generic, TypeVar

from torch import Tensor

from whybench.domains import Domain
from whybench.explanations import Explanation
from whybench.passes import Passes
from whybench.protocols.asking import predict
from whybench.protocols.method import Method
from whybench.protocols.model import Model
from whybench.protocols.pairs import pairs
from whybench.protocols.truth import Truth
from whybench.streams import Streams

E = TypeVar("E", bound=Explanation)

TOGETHER = 2**16
"""Values of small inputs that are made at once, the rows of several passes: to make few takes as long as many."""


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
        return pairs(len(self), draws, self.rows * passes, self.inputs.device)
