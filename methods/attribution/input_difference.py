"""Input-difference control."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from whybench.protocols import AttributionMethod, Query
from whybench.registries import register


@register
@dataclass(frozen=True)
class InputDifference(AttributionMethod):
    """How far the input is from what stands in for removed features: a metric that removes them sees this first.

    R_i(x) = |x_i - b_i|, shaped like the inputs, in units of the input; b is the infill with every feature removed.

    infill: one of the domain's infills.

    >>> import torch
    >>> net = torch.nn.Linear(2, 3)
    >>> InputDifference(infill="zero").attribute(net, torch.tensor([[1.0, -2.0]])).tolist()
    [[1.0, 2.0]]
    """

    name: ClassVar[str] = "input_difference"
    reference: ClassVar[str] = ""
    signed: ClassVar[bool] = False
    control: ClassVar[bool] = True

    infill: str = "mean"

    def relevance(self, query: Query) -> Tensor:
        return (query.inputs - query.baseline(self.infill)).abs()
