"""SmoothGrad."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from whybench.methods.attribution.noisy_gradients import NoisyGradients
from whybench.protocols import Query
from whybench.registries import register


@register
@dataclass(frozen=True)
class SmoothGrad(NoisyGradients):
    """The mean of the gradient, with its sign, over Gaussian noise on the input.

    R_i(x) = mean over k of df_c(x + g_k) / dx_i, g_k ~ N(0, s^2), s = noise * (max(x) - min(x)) of that very input;
    shaped like the inputs, in units of output per unit of input.

    samples: noisy copies of each input; noise: s as a share of the input's range.

    Source: smilkov2017.

    >>> linear = torch.nn.Linear(2, 1, bias=False, dtype=torch.float64)
    >>> _ = linear.weight.data.copy_(torch.tensor([[2.0, -3.0]]))
    >>> SmoothGrad(samples=4).attribute(linear, torch.ones(1, 2, dtype=torch.float64)).tolist()
    [[2.0, -3.0]]
    """

    name: ClassVar[str] = "smooth_grad"
    reference: ClassVar[str] = "smilkov2017"

    def relevance(self, query: Query) -> Tensor:
        total = torch.zeros_like(query.inputs)
        for sample, _, noisy in self.copies(query):
            query.add_gradients(total, noisy, sample)
        return total / self.samples
