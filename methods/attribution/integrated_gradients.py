"""Integrated gradients."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import torch
from torch import Tensor

from whybench.errors import BadParameter
from whybench.layout import taken
from whybench.methods.attribution.checks import whole
from whybench.passes import Passes
from whybench.protocols import AttributionMethod, Query
from whybench.registries import register


@register
@dataclass(frozen=True)
class IntegratedGradients(AttributionMethod):
    """The gradient averaged along the straight line from a baseline, times the distance from it.

    R_i(x) = (x_i - b_i) * integral over a in [0, 1] of df_c(b + a (x - b)) / dx_i, by a quadrature of `steps`
    points; shaped like the inputs, in units of the output; sums to f_c(x) - f_c(b) as steps grow. The baseline b is
    the domain's (zero unless told otherwise), or one of its infills with every feature removed.

    steps: number of gradients a sample; quadrature: `gausslegendre` or `midpoint` (the centres of equal intervals);
    baseline: an infill's name, or None for the domain's baseline.

    Source: sundararajan2017.

    >>> linear = torch.nn.Linear(2, 1, bias=False, dtype=torch.float64)
    >>> _ = linear.weight.data.copy_(torch.tensor([[2.0, -3.0]]))
    >>> IntegratedGradients().attribute(linear, torch.ones(1, 2, dtype=torch.float64)).round(decimals=12).tolist()
    [[2.0, -3.0]]
    """

    name: ClassVar[str] = "integrated_gradients"
    reference: ClassVar[str] = "sundararajan2017"
    needs: ClassVar[frozenset[str]] = frozenset({"gradients"})
    complete: ClassVar[str | None] = "f(x) - f(baseline)"

    steps: int = 50
    quadrature: Literal["gausslegendre", "midpoint"] = "gausslegendre"
    baseline: str | None = None

    def __post_init__(self) -> None:
        whole(self, 1, "steps")
        if self.quadrature not in ("gausslegendre", "midpoint"):
            raise BadParameter(
                f"integrated_gradients: quadrature={self.quadrature!r}; allowed: gausslegendre, midpoint"
            )

    @property
    def closed_form(self) -> str | None:
        return "integrated_gradients" if self.baseline is None and self.steps >= 50 else None

    def relevance(self, query: Query) -> Tensor:
        position, weight = (t.to(query.inputs) for t in self._nodes())
        baseline = query.baseline(self.baseline)
        distance = query.inputs - baseline
        mean_gradient = torch.zeros_like(query.inputs)
        for sample, step in query.each(self.steps):
            scale = (len(sample),) + (1,) * (query.inputs.ndim - 1)
            point = taken(distance, sample).mul_(position[step].view(scale)).add_(taken(baseline, sample))
            query.add_gradients(mean_gradient, point, sample, weight[step])
        return distance * mean_gradient

    def passes(self, query: Query) -> Passes | None:
        return Passes(self.steps, self.steps) * len(query)

    def _nodes(self) -> tuple[Tensor, Tensor]:
        """Positions in [0, 1] and weights that sum to 1."""
        if self.quadrature == "midpoint":
            return (torch.arange(self.steps, dtype=torch.float64) + 0.5) / self.steps, torch.full(
                (self.steps,), 1 / self.steps, dtype=torch.float64
            )
        nodes, weights = np.polynomial.legendre.leggauss(self.steps)
        return torch.from_numpy((nodes + 1) / 2), torch.from_numpy(weights / 2)
