"""A method: what it declares, and what it answers to a `Query`."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, Generic, Literal, TypeVar

import torch
from torch import Tensor, nn

from whybench.domains import Domain
from whybench.errors import Unsupported
from whybench.explanations import Attribution, Explanation, Polarity
from whybench.isolation import generators_kept
from whybench.passes import Passes
from whybench.protocols.asking import ask_targets, sample_ids, wrap
from whybench.protocols.model import Model, steady
from whybench.protocols.query import Query
from whybench.protocols.training import Training, training_of
from whybench.protocols.truth import Truth
from whybench.streams import Streams

E = TypeVar("E", bound=Explanation)


class Method(ABC, Generic[E]):
    """An explanation method: a frozen dataclass whose typed fields are its hyper-parameters.

    needs: what a model must give (`Model.capabilities`); a model that does not is `unsupported`, with the reason.
    """

    name: ClassVar[str]
    kind: ClassVar[type[Explanation]]
    reference: ClassVar[str]
    """Key in docs/references.bib."""
    needs: ClassVar[frozenset[str]] = frozenset()
    stochastic: ClassVar[bool] = False
    libraries: ClassVar[tuple[str, ...]] = ()
    """Distributions whose version can change the result, beyond those of the engine."""
    control: ClassVar[bool] = False
    """True for maps that know nothing of the model; every method has to beat the best of them."""
    drawn_by_weights: ClassVar[bool] = False
    """Whether its draws are named by the model's weights, so that another last bit of one makes another map."""

    def prepare(self, model: Model, streams: Streams, rows: int) -> dict[str, Tensor]:
        """What the method learns of a model and its training data before it is asked: nothing, unless overridden.

        Done once a model, timed apart and stored; the tensors reach `explain` as `query.prepared`.
        """
        return {}

    @abstractmethod
    def explain(self, query: Query) -> E:
        """The explanation of one batch."""

    def passes(self, query: Query) -> Passes | None:
        """The passes that the definition needs for this batch, for the timing profile; None where nobody says.

        Nothing goes through the model to find out, and `query` may be a copy of the one that is explained.
        """
        return None


@dataclass(frozen=True)
class AttributionMethod(Method[Attribution]):
    """A method that gives every feature a relevance; subclasses write `relevance`.

    polarity: how channels become features (`Attribution`); a reading other than the default is a row of its own.
    """

    kind: ClassVar[type[Explanation]] = Attribution
    signed: ClassVar[bool] = True
    """Whether the sign of a relevance means for or against the target."""
    complete: ClassVar[str | None] = None
    """What the relevances sum to, as a formula, or None where no such law is claimed."""
    passes_each: ClassVar[Passes | None] = None
    """The passes that the definition needs for one sample, where neither sample nor parameters change them."""
    grid: ClassVar[Literal["input", "spatial"]] = "input"
    """`input`: shaped like the inputs; `spatial`: one channel for all, (n, 1, height, width)."""

    polarity: Polarity = field(default="contribution", kw_only=True)

    @property
    def closed_form(self) -> str | None:
        """The definition of `whybench.checking.closed_forms` that it keeps to with these parameters, or None."""
        return None

    @abstractmethod
    def relevance(self, query: Query) -> Tensor:
        """The relevance of every feature for the explained output, one row a sample."""

    def explain(self, query: Query) -> Attribution:
        return Attribution(self.relevance(query).detach(), query.targets, self.polarity)

    def passes(self, query: Query) -> Passes | None:
        return None if self.passes_each is None else self.passes_each * len(query)

    @generators_kept()
    @torch.inference_mode(False)
    def attribute(
        self,
        module: nn.Module | Model,
        inputs: Tensor,
        targets: Tensor | Sequence[int] | int | None = None,
        *,
        ids: Sequence[str] | None = None,
        seed: int = 0,
        domain: Domain | str | None = None,
        target_layer: str | None = None,
        bounds: tuple[Tensor | float, Tensor | float] | None = None,
        baseline: Tensor | float = 0.0,
        training: Training | Tensor | tuple[Tensor, Tensor] | None = None,
        batch_size: int = 64,
    ) -> Tensor:
        """Explain a module without any suite.

        module: any torch.nn.Module, or a loaded Model; inputs: (n, ...); targets: classes, one for all, or None for
        the predicted ones; training: inputs, or inputs and labels, for methods that learn from data. Without a Domain
        the data's mean is taken to be `baseline`. Returns a tensor shaped like
        `inputs` (or of the declared grid), on their device and in their dtype. The module, its modes, hooks and
        gradients, the inputs and the global random generators are left untouched, also when something raises.

        Raises BadInput for inputs or outputs of the wrong shape or value, Unsupported where the module does not
        give what the method needs.
        """
        model = wrap(
            module,
            inputs,
            domain=domain,
            target_layer=target_layer,
            bounds=bounds,
            baseline=baseline,
            mean=baseline,  # a batch is no dataset: its mean would tie a sample's map to its company
        )
        if training is not None:
            model = replace(model, training=training_of(training, inputs))
        with steady(model.module):
            require(self, model)
            streams = Streams(seed)
            query = Query(
                model=model,
                inputs=inputs.detach().clone(),
                targets=ask_targets(model, inputs, targets),
                ids=sample_ids(len(inputs), ids),
                streams=streams,
                rows=batch_size,
                prepared=self.prepare(model, streams, batch_size),
            )
            return self.explain(query).relevance


def require(component: object, model: Model, truth: Truth | None = None) -> None:
    """Raise Unsupported, naming what is missing, where model or samples do not give what a method or metric needs."""
    given = model.capabilities | (frozenset() if truth is None else truth.capabilities)
    missing = sorted(getattr(component, "needs", frozenset()) - given)
    if missing:
        name = getattr(component, "name", type(component).__name__)
        if Truth.capabilities & set(missing):
            raise Unsupported(f"{name} needs ground-truth masks, which these samples do not come with")
        raise Unsupported(f"{name} needs {', '.join(missing)}, which model {model.name!r} does not give")
