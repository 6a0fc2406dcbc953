"""How the tensors of one forward pass came about."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from whybench.methods.attribution.backpropagation.calls import Call, tensors
from whybench.methods.attribution.backpropagation.layers import Layer

Change = Callable[[Tensor], Tensor]


@dataclass(frozen=True, eq=False)
class Trace:
    """How a tensor came about, as far as a layer that reads it can take it in.

    first: no layer lies between the input and it. layer: the layer whose output it is. below: how many layers lie
    between the input and what it was made of, on the longest way.
    scaled, shift: it is scaled + shift, with a shift that has met no weight yet.
    replay: what was done to the input to get it, shifts left out, where that was nothing but scaling and copying.
    gain: by what its elements were multiplied since the last layer or sum, 0 at padding; None for 1.
    """

    tensor: Tensor
    first: bool
    layer: Layer | None = None
    scaled: Tensor | None = None
    shift: Tensor | None = None
    replay: Change | None = None
    gain: Callable[[], Tensor] | None = None
    below: int = 0

    @property
    def unshifted(self) -> Tensor:
        return self.tensor if self.scaled is None else self.scaled

    @property
    def depth(self) -> int:
        return self.below if self.layer is None else self.layer.depth + 1

    def gains(self) -> Tensor:
        return torch.ones_like(self.tensor.detach()) if self.gain is None else self.gain()

    def shifts(self) -> Tensor:
        return torch.zeros_like(self.tensor.detach()) if self.shift is None else self.shift


def unshifted(call: Call, traces: Sequence[Trace]) -> Any:
    """The result of `call` without the shifts of what it reads."""
    values = {id(trace.tensor): trace.unshifted for trace in traces}
    return call.mapped(lambda leaf: values.get(id(leaf), leaf)).result()


def shift_of(call: Call, traces: Sequence[Trace]) -> Any:
    """The result of a copying `call` on shifts alone, constants beside them left out."""
    values = {id(trace.tensor): trace.shifts() for trace in traces}
    constant = (tensor for tensor in call.tensors if tensor.is_floating_point() and id(tensor) not in values)
    values |= {id(tensor): torch.zeros_like(tensor) for tensor in constant}
    return call.mapped(lambda leaf: values.get(id(leaf), leaf)).result()


def replayed(call: Call, trace: Trace, place: int) -> Change | None:
    """What was done to the input to get output number `place` of a copying `call`."""
    before = trace.replay
    if before is None:
        return None
    return lambda values: tensors(call.at(trace.tensor, before(values)))[place]


def gained(call: Call, trace: Trace, place: int) -> Callable[[], Tensor]:
    """The gain of output number `place` of a copying `call`."""
    return lambda: tensors(call.at(trace.tensor, trace.gains()))[place]


class Selection:
    """What a max pool does: it picks elements, and would pick them from other values at the same places.

    The derivative of picking is picking again, and its transpose carries relevance back to what was picked.
    """

    def __init__(self, call: Call, read: Tensor) -> None:
        with torch.enable_grad():
            self.leaf = read.detach().requires_grad_()
            self.result: Tensor = call.at(read, self.leaf)

    def back(self, relevance: Tensor) -> tuple[Tensor]:
        (gradient,) = torch.autograd.grad(self.result, self.leaf, relevance, retain_graph=True)
        return (gradient,)

    def pick(self, values: Tensor) -> Tensor:
        with torch.enable_grad():
            upper = torch.zeros_like(self.result).requires_grad_()
            (gradient,) = torch.autograd.grad(self.result, self.leaf, upper, retain_graph=True, create_graph=True)
            (picked,) = torch.autograd.grad(gradient, upper, values.detach().expand_as(self.leaf))
        return picked
