"""SmoothGrad-Squared."""

from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from whybench.explanations import Polarity
from whybench.methods.attribution.noisy_gradients import NoisyGradients
from whybench.protocols import Query
from whybench.registries import register


@register
@dataclass(frozen=True)
class SmoothGradSquared(NoisyGradients):
    """The mean square of the gradient over Gaussian noise on the input.

    R_i(x) = mean over k of (df_c(x + g_k) / dx_i)^2, with the noise g_k of SmoothGrad: VarGrad plus the square of
    SmoothGrad; shaped like the inputs, in squared units of output per unit of input.

    samples: noisy copies of each input; noise: standard deviation as a share of max(x) - min(x).

    Source: hooker2019.

    >>> linear = torch.nn.Linear(2, 1, bias=False, dtype=torch.float64)
    >>> _ = linear.weight.data.copy_(torch.tensor([[2.0, -3.0]]))
    >>> SmoothGradSquared(samples=4).attribute(linear, torch.ones(1, 2, dtype=torch.float64)).tolist()
    [[4.0, 9.0]]
    """

    name: ClassVar[str] = "smooth_grad_squared"
    reference: ClassVar[str] = "hooker2019"
    signed: ClassVar[bool] = False

    polarity: Polarity = field(default="contribution", kw_only=True)

    def relevance(self, query: Query) -> Tensor:
        total = torch.zeros_like(query.inputs)
        for sample, _, noisy in self.copies(query):
            total.index_add_(0, sample, query.gradient(noisy, sample).square())
        return total / self.samples
