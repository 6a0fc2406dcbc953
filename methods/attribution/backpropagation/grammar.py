"""LRP: which torch operation does what."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from whybench.errors import Unsupported
from whybench.methods.attribution.backpropagation import operations
from whybench.methods.attribution.backpropagation.calls import Call
from whybench.methods.attribution.backpropagation.layers import LinearMap

Number = Tensor | float


class Primitives(Protocol):
    """What operations come down to; `Propagation` makes LRP of it."""

    def layer(
        self, call: Call, read: Tensor, apply: LinearMap, weight: Tensor, bias: Tensor | float, convolution: bool
    ) -> Tensor:
        """A convolution or fully connected layer: apply(read, weight) + bias."""

    def affine(self, read: Tensor, value: Tensor, gain: Tensor | float, shift: Tensor | float) -> Tensor:
        """value = read * gain + shift with constants, elementwise."""

    def addition(self, value: Tensor, parts: Sequence[tuple[Tensor, float]]) -> Tensor:
        """value = the sum of several input-dependent tensors, each times its factor."""

    def weighted_sum(self, call: Call) -> Tensor:
        """A sum, mean or average pool."""

    def activation(self, call: Call) -> Tensor:
        """An elementwise activation."""

    def maximum(self, call: Call) -> Any:
        """A max pool."""

    def copies(self, call: Call) -> Any:
        """Rearranged copies of input-dependent values."""


PRIMITIVES: Mapping[str, str] = {
    "leaky_relu": "activation",
    **dict.fromkeys(operations.RECTIFIERS, "activation"),
    **dict.fromkeys(operations.MAX_POOLS, "maximum"),
    **dict.fromkeys(operations.SUMS, "weighted_sum"),
    **dict.fromkeys(operations.COPIES, "copies"),
}
"""Operations whose arguments do not matter, and the method of `Primitives` that takes the call as it is."""

SIGNATURES: Mapping[str, str] = {
    **dict.fromkeys(operations.CONVOLUTIONS, "convolution"),
    **dict.fromkeys(operations.DROPOUTS, "dropout"),
    **{
        name: name
        for name in ("linear", "matmul", "addmm", "batch_norm", "pad", "add", "sub", "rsub", "neg", "mul", "div")
    },
    "mm": "matmul",
}
"""Operations that are read by their arguments, and the method of `Grammar` that does so."""


class Grammar:
    """Reads each call by its torch signature and hands it to `Primitives` as what it does.

    Raises Unsupported, with the operation's name, where there is no rule for it.
    """

    def __init__(self, propagation: Primitives) -> None:
        self.propagation = propagation

    def __call__(self, call: Call) -> Any:
        if not torch.is_grad_enabled():
            raise Unsupported(
                f"{call.name!r} runs where gradients are switched off (torch.no_grad, a custom autograd function), so "
                "that no relevance gets through"
            )
        if call.name in operations.RECTIFIERS:
            operations.rectifier_bounds(call)
        if call.name in PRIMITIVES:
            return getattr(self.propagation, PRIMITIVES[call.name])(call)
        if call.name in SIGNATURES:
            return getattr(self, SIGNATURES[call.name])(call, *call.args, **call.kwargs)
        raise Unsupported(f"there is no rule for {call.name!r}")

    def dropout(
        self, call: Call, input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
    ) -> Tensor:
        if training:
            raise Unsupported(f"{call.name!r} drops values at random although the model is in eval mode")
        return input

    def convolution(
        self,
        call: Call,
        input: Tensor,
        weight: Tensor,
        bias: Tensor | None = None,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
    ) -> Tensor:
        _constant(call, weight, bias)

        def apply(inputs: Tensor, weight: Tensor) -> Tensor:
            outputs: Tensor = call.func(inputs, weight, None, stride, padding, dilation, groups)
            return outputs

        offset = 0.0 if bias is None else bias.detach().reshape(-1, *[1] * (weight.ndim - 2))
        return self.propagation.layer(call, input, apply, weight, offset, convolution=True)

    def linear(self, call: Call, input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        _constant(call, weight, bias)
        if weight.ndim != 2:
            raise Unsupported(f"{call.name!r} with a weight of {weight.ndim} dimensions; 2 are understood")
        offset = 0.0 if bias is None else bias.detach()
        return self.propagation.layer(call, input, F.linear, weight, offset, convolution=False)

    def matmul(self, call: Call, input: Tensor, other: Tensor) -> Tensor:
        _constant(call, other)
        return self.linear(call, input, other.T if other.ndim == 2 else other)

    def addmm(
        self, call: Call, input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: float = 1, alpha: float = 1
    ) -> Tensor:
        _constant(call, input, mat2)
        if beta != 1 or alpha != 1:
            raise Unsupported(f"'addmm' with beta={beta} and alpha={alpha}; 1 and 1 are understood")
        return self.linear(call, mat1, mat2.T, input)

    def batch_norm(
        self,
        call: Call,
        input: Tensor,
        running_mean: Tensor | None,
        running_var: Tensor | None,
        weight: Tensor | None = None,
        bias: Tensor | None = None,
        training: bool = False,
        momentum: float = 0.1,
        eps: float = 1e-5,
    ) -> Tensor:
        _constant(call, weight, bias)
        if training or running_mean is None or running_var is None:
            raise Unsupported("'batch_norm' normalises by the batch at hand, which mixes samples")
        gain = torch.rsqrt(running_var + eps) * (1.0 if weight is None else weight)
        shift = (0.0 if bias is None else bias) - running_mean * gain
        gain, shift = (t.detach().reshape(-1, *[1] * (input.ndim - 2)) for t in (gain, shift))
        return self.propagation.affine(input, call.value(), gain, shift)

    def pad(self, call: Call, input: Tensor, pad: Any, mode: str = "constant", value: float | None = None) -> Any:
        if mode != "constant" or not value:
            return self.propagation.copies(call)
        zeros = Call(call.name, call.func, (input, pad), {})
        shift = call.at(input, torch.zeros_like(input))
        return self.propagation.affine(self.propagation.copies(zeros), call.value(), 1.0, shift)

    def add(self, call: Call, input: Number, other: Number, *, alpha: float = 1) -> Tensor:
        return self._sum(call, (input, 1.0), (other, alpha))

    def sub(self, call: Call, input: Number, other: Number, *, alpha: float = 1) -> Tensor:
        return self._sum(call, (input, 1.0), (other, -alpha))

    def rsub(self, call: Call, input: Number, other: Number, *, alpha: float = 1) -> Tensor:
        return self._sum(call, (input, -alpha), (other, 1.0))

    def neg(self, call: Call, input: Tensor) -> Tensor:
        return self.propagation.affine(input, call.value(), -1.0, 0.0)

    def mul(self, call: Call, input: Number, other: Number) -> Tensor:
        read, factor = (input, other) if _depends(input) else (other, input)
        if _depends(factor):
            raise Unsupported("there is no rule for the product of two input-dependent tensors ('mul')")
        return self.propagation.affine(_tensor(read), call.value(), factor, 0.0)

    def div(self, call: Call, input: Number, other: Number, *, rounding_mode: str | None = None) -> Tensor:
        if _depends(other) or rounding_mode is not None:
            raise Unsupported("there is no rule for division by an input-dependent tensor, or with rounding ('div')")
        return self.propagation.affine(_tensor(input), call.value(), 1 / other, 0.0)

    def _sum(self, call: Call, *parts: tuple[Number, float]) -> Tensor:
        read = [(part, factor) for part, factor in parts if isinstance(part, Tensor) and part.requires_grad]
        if len(read) == 2:
            return self.propagation.addition(call.value(), read)
        (constant,) = (part * factor for part, factor in parts if not _depends(part))
        return self.propagation.affine(read[0][0], call.value(), read[0][1], constant)


def _depends(value: object) -> bool:
    return isinstance(value, Tensor) and value.requires_grad


def _tensor(value: Number) -> Tensor:
    assert isinstance(value, Tensor)
    return value


def _constant(call: Call, *weights: Tensor | None) -> None:
    if any(_depends(weight) for weight in weights):
        raise Unsupported(f"there is no rule for {call.name!r} with input-dependent weights")
