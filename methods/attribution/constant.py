"""Constant control."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from whybench.protocols import AttributionMethod, Query
from whybench.registries import register


@register
@dataclass(frozen=True)
class Constant(AttributionMethod):
    """A map of ones: what a metric gives where nothing is ranked.

    R_i = 1, shaped like the inputs, without a unit.

    >>> Constant().attribute(torch.nn.Linear(2, 3), torch.zeros(1, 2)).tolist()
    [[1.0, 1.0]]
    """

    name: ClassVar[str] = "constant"
    reference: ClassVar[str] = ""
    signed: ClassVar[bool] = False
    control: ClassVar[bool] = True

    def relevance(self, query: Query) -> Tensor:
        return torch.ones_like(query.inputs)
