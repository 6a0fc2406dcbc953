"""What a user has at hand, as methods: a plain function, or relevance computed elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar, get_args

import torch
from torch import Tensor, nn

from whybench.errors import BadExplanation, BadInput, Unsupported, UsageError, shown
from whybench.explanations import Polarity
from whybench.layout import laid_out
from whybench.protocols import AttributionMethod, Model, Query

OUTSIDE = {"parameter": False}
"""Marks a field that is no hyper-parameter."""


@dataclass(frozen=True, eq=False)
class FunctionMethod(AttributionMethod):
    """Any callable (module, inputs, targets) -> relevance, a tensor or array with one row an input."""

    name: ClassVar[str] = "function"
    reference: ClassVar[str] = ""

    function: Callable[..., Any] = field(metadata=OUTSIDE)

    def relevance(self, query: Query) -> Tensor:
        inputs = query.inputs.clone(memory_format=torch.contiguous_format)  # a function may well ask for a view of them
        with _laying_out(query.model):
            given = self.function(query.model.module, inputs, query.targets.clone())
        try:
            relevance = torch.as_tensor(given)
        except (TypeError, ValueError, RuntimeError) as error:
            raise BadExplanation(f"the function returned {type(given).__name__}, which is no tensor") from error
        if relevance.ndim < 2 or len(relevance) != len(query):
            raise BadExplanation(
                f"the function returned shape {tuple(relevance.shape)} for {len(query)} inputs; expected (n, ...)"
            )
        return relevance.to(query.inputs)


def of_function(function: Callable[..., Any]) -> FunctionMethod:
    """A function as a method, with the polarity that it says of itself: `contribution` unless it has an attribute.

    Raises UsageError for a polarity that there is not.

    >>> def saliency(module, inputs, targets): ...
    >>> saliency.polarity = "sensitivity"
    >>> of_function(saliency).polarity
    'sensitivity'
    """
    polarity: Polarity = getattr(function, "polarity", "contribution")
    if polarity not in get_args(Polarity):
        name = getattr(function, "__name__", type(function).__name__)
        allowed = ", ".join(get_args(Polarity))
        raise UsageError(f"{name}.polarity = {shown(polarity)}; allowed: {allowed}")
    return FunctionMethod(function, polarity=polarity)


@contextmanager
def _laying_out(model: Model) -> Iterator[None]:
    """The module takes images with channels first, gives gradients in that layout, and runs in the model's."""

    def lay_out(module: nn.Module, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(enter(each) if isinstance(each, Tensor) else each for each in inputs)

    def enter(rows: Tensor) -> Tensor:
        if rows.requires_grad:
            rows = rows.view_as(rows)
            rows.register_hook(torch.Tensor.contiguous)  # type: ignore[no-untyped-call]
        return laid_out(rows, True)

    with ExitStack() as hooks:
        if model.channels_last:
            hooks.callback(model.module.register_forward_pre_hook(lay_out).remove)
        yield


@dataclass(frozen=True, eq=False)
class Precomputed(AttributionMethod):
    """Relevance that was computed elsewhere, for the very model, samples and targets that are judged.

    model: that model's digest.
    """

    name: ClassVar[str] = "precomputed"
    reference: ClassVar[str] = ""

    values: Tensor
    model: str = field(metadata=OUTSIDE)
    inputs: Tensor = field(metadata=OUTSIDE)
    targets: Tensor = field(metadata=OUTSIDE)
    ids: tuple[str, ...] = field(metadata=OUTSIDE)

    def __post_init__(self) -> None:
        if self.values.ndim < 2 or len(self.values) != len(self.ids):
            raise BadInput(f"precomputed relevance of shape {tuple(self.values.shape)} for {len(self.ids)} inputs")

    def relevance(self, query: Query) -> Tensor:
        if not set(query.ids) <= set(self.ids):
            raise Unsupported("precomputed relevance cannot be asked for other samples")
        rows = torch.tensor([self.ids.index(i) for i in query.ids], device=query.inputs.device)
        if not torch.equal(self.inputs[rows], query.inputs):
            raise Unsupported("precomputed relevance cannot be asked again for other inputs")
        if not torch.equal(self.targets[rows], query.targets):
            raise Unsupported("precomputed relevance cannot be asked again for other targets")
        if query.model.digest != self.model:
            raise Unsupported("precomputed relevance cannot be asked again for another model")
        return self.values[rows].to(query.inputs)
