"""VarGrad."""

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from whybench.explanations import Polarity
from whybench.layout import taken
from whybench.methods.attribution.noisy_gradients import NoisyGradients
from whybench.protocols import Query
from whybench.registries import register


@register
@dataclass(frozen=True)
class VarGrad(NoisyGradients):
    """The variance of the gradient over Gaussian noise on the input.

    R_i(x) = mean over k of (d_ik - mean over k of d_ik)^2, d_ik = df_c(x + g_k) / dx_i, with the noise g_k of
    SmoothGrad; shaped like the inputs, in squared units of output per unit of input; 0 for a linear model.

    samples: noisy copies of each input, at least 2; noise: standard deviation as a share of max(x) - min(x).

    Source: adebayo2018vargrad.

    >>> linear = torch.nn.Linear(2, 1, bias=False, dtype=torch.float64)
    >>> VarGrad(samples=4).attribute(linear, torch.ones(1, 2, dtype=torch.float64)).tolist()
    [[0.0, 0.0]]
    """

    name: ClassVar[str] = "var_grad"
    reference: ClassVar[str] = "adebayo2018vargrad"
    signed: ClassVar[bool] = False
    fewest: ClassVar[int] = 2

    polarity: Polarity = field(default="contribution", kw_only=True)

    def relevance(self, query: Query) -> Tensor:
        first, total, squares = (torch.zeros_like(query.inputs) for _ in range(3))
        for sample, copy, noisy in self.copies(query):
            gradient = query.gradient(noisy, sample)
            first[sample[copy == 0]] = gradient[copy == 0]
            # Relative to the first copy, so that a large mean does not swallow a small variance.
            difference = gradient - taken(first, sample)
            total.index_add_(0, sample, difference)
            squares.index_add_(0, sample, difference.square())
        return (squares / self.samples - (total / self.samples).square()).clamp(min=0)
