"""Sensitivity analysis."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from whybench.passes import Passes
from whybench.protocols import AttributionMethod, Query
from whybench.registries import register


@register
@dataclass(frozen=True)
class Sensitivity(AttributionMethod):
    """The squared gradient of the explained output with respect to the input.

    R_i(x) = (df_c(x) / dx_i)^2, shaped like the inputs, in squared units of output per unit of input; sums to the
    squared norm of the gradient.

    Source: simonyan2013.

    >>> linear = torch.nn.Linear(2, 1, bias=False, dtype=torch.float64)
    >>> _ = linear.weight.data.copy_(torch.tensor([[2.0, -3.0]]))
    >>> Sensitivity().attribute(linear, torch.ones(1, 2, dtype=torch.float64)).tolist()
    [[4.0, 9.0]]
    """

    name: ClassVar[str] = "sensitivity"
    reference: ClassVar[str] = "simonyan2013"
    needs: ClassVar[frozenset[str]] = frozenset({"gradients"})
    signed: ClassVar[bool] = False
    passes_each: ClassVar[Passes | None] = Passes(1, 1)

    def relevance(self, query: Query) -> Tensor:
        gradients = [query.gradient(query.inputs[sample], sample) for sample, _ in query.each(1)]
        return torch.cat(gradients).square()
