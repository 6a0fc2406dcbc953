"""Input times gradient."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from whybench.protocols.one_gradient import OneGradient
from whybench.registries import register


@register
@dataclass(frozen=True)
class InputXGradient(OneGradient):
    """The gradient of the explained output times the input.

    R_i(x) = x_i * df_c(x) / dx_i, shaped like the inputs, in units of the output; sums to f_c(x) where the model is
    positively homogeneous, as ReLU networks without biases are.

    Source: shrikumar2016.

    >>> import torch
    >>> linear = torch.nn.Linear(2, 1, bias=False, dtype=torch.float64)
    >>> _ = linear.weight.data.copy_(torch.tensor([[2.0, -3.0]]))
    >>> InputXGradient().attribute(linear, torch.tensor([[1.0, 2.0]], dtype=torch.float64)).tolist()
    [[2.0, -6.0]]
    """

    name: ClassVar[str] = "input_x_gradient"
    reference: ClassVar[str] = "shrikumar2016"
    closed_form: ClassVar[str | None] = "input_x_gradient"

    def read(self, inputs: Tensor, gradient: Tensor) -> Tensor:
        return inputs * gradient
