"""What a user has at hand, as methods: a plain function, or relevance computed elsewhere."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import torch
from torch import Tensor

from whybench.errors import BadExplanation, BadInput, Unsupported
from whybench.protocols import AttributionMethod, Query

OUTSIDE = {"parameter": False}
"""Marks a field that is no hyper-parameter."""


@dataclass(frozen=True, eq=False)
class FunctionMethod(AttributionMethod):
    """Any callable (module, inputs, targets) -> relevance, a tensor or array with one row an input."""

    name: ClassVar[str] = "function"
    reference: ClassVar[str] = ""

    function: Callable[..., Any] = field(metadata=OUTSIDE)

    def relevance(self, query: Query) -> Tensor:
        given = self.function(query.model.module, query.inputs.clone(), query.targets.clone())
        try:
            relevance = torch.as_tensor(given)
        except (TypeError, ValueError, RuntimeError) as error:
            raise BadExplanation(f"the function returned {type(given).__name__}, which is no tensor") from error
        if relevance.ndim < 2 or len(relevance) != len(query):
            raise BadExplanation(
                f"the function returned shape {tuple(relevance.shape)} for {len(query)} inputs; expected (n, ...)"
            )
        return relevance.to(query.inputs)


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
