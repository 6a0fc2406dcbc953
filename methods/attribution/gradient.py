"""Gradient."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from torch import Tensor

from whybench.explanations import Polarity
from whybench.methods.attribution.backpropagation.calls import Call
from whybench.methods.attribution.backpropagation.descent import descended, itself
from whybench.protocols import Query
from whybench.protocols.one_gradient import OneGradient
from whybench.protocols.propagation import LayerRelevance
from whybench.registries import register


@register
@dataclass(frozen=True)
class Gradient(OneGradient):
    """The gradient of the explained output with respect to the input, with its sign.

    R_i(x) = df_c(x) / dx_i, shaped like the inputs, in units of output per unit of input.

    Source: simonyan2013.

    >>> import torch
    >>> linear = torch.nn.Linear(2, 1, bias=False, dtype=torch.float64)
    >>> _ = linear.weight.data.copy_(torch.tensor([[2.0, -3.0]]))
    >>> Gradient().attribute(linear, torch.ones(1, 2, dtype=torch.float64)).tolist()
    [[2.0, -3.0]]
    """

    name: ClassVar[str] = "gradient"
    reference: ClassVar[str] = "simonyan2013"
    closed_form: ClassVar[str | None] = "gradient"

    polarity: Polarity = field(default="sensitivity", kw_only=True)

    def read(self, inputs: Tensor, gradient: Tensor) -> Tensor:
        return gradient

    def propagated(self, query: Query, starts: Tensor) -> Iterator[list[LayerRelevance]]:
        return descended(query, starts, lambda leaf: (Call.result, itself))
