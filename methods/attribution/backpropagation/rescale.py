"""DeepLIFT's Rescale rule, and what it becomes at operations that read more than one number.

Each rule takes a call and the values that its input-dependent arguments have at the baseline, and gives the call's
result at the input with a backward pass of multipliers m: sum_i m_i (x_i - b_i) = f(x) - f(b) at every output of f.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from whybench.errors import Unsupported
from whybench.methods.attribution.backpropagation.calls import Call, tensors
from whybench.methods.attribution.backpropagation.operations import RECTIFIERS
from whybench.methods.attribution.backpropagation.ruled import ruled

Rule = Callable[[Call, Sequence[Tensor]], Any]


def slope(
    function: Callable[[Tensor], Tensor], x: Tensor, value: Tensor, base: Tensor, straight: bool = False
) -> Tensor:
    """(f(x) - f(b)) / (x - b) elementwise, where value = f(x).

    Where x and b, and f(x) and f(b) too, differ by less than sqrt(machine epsilon) relatively (1.5e-8 in float64), the
    quotient is lost in rounding, and the derivative halfway between x and b stands for it. Where f is constant or the
    identity by pieces (straight), rounding does no harm, and the derivative serves where x = b only.

    >>> slope(torch.relu, torch.tensor([3.0, 1.0]), torch.tensor([3.0, 1.0]), torch.tensor([-1.0, 1.0])).tolist()
    [0.75, 1.0]
    """
    change, effect = x - base, value - function(base)
    if straight:
        quotient = effect.div_(change)
        if torch.count_nonzero(change) == change.numel():
            return quotient
        return torch.where(change == 0, _derivative(function, x), quotient)
    tiny = torch.finfo(x.dtype).eps ** 0.5
    near = (change.abs() <= tiny * x.abs().clamp(min=1)) & (effect.abs() <= tiny * value.abs())
    quotient = effect.div_(change)
    return torch.where(near, _derivative(function, (x + base) / 2), quotient) if near.any() else quotient


def _derivative(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    with torch.enable_grad():
        leaf = x.detach().requires_grad_()
        (derivative,) = torch.autograd.grad(function(leaf).sum(), leaf)
    return derivative


def elementwise(call: Call, before: Sequence[Tensor]) -> Tensor:
    """A function of single numbers: m = (f(x) - f(b)) / (x - b)."""
    value = call.value()
    if len(before) != 1 or value.shape != before[0].shape:
        raise Unsupported(f"there is no rule for {call.name!r} of several input-dependent tensors")
    (read,) = call.dependent
    multiplier = slope(lambda at: call.on([at]), read.detach(), value, before[0], straight=call.name in RECTIFIERS)
    return ruled(value, lambda upper: (upper * multiplier,), read)


def product(call: Call, before: Sequence[Tensor]) -> Tensor:
    """A product of two factors: the multiplier of each is the mean of the other at x and at b (its Shapley value).

    This is the gradient halfway, so that bilinear operations of any kind are served.
    """
    halfway = [(read.detach() + base) / 2 for read, base in zip(call.dependent, before, strict=True)]
    return ruled(call.value(), lambda upper: Pullback(call, halfway).pull(upper), *call.dependent)


def division(call: Call, before: Sequence[Tensor]) -> Tensor:
    """a / c as the product of a and 1 / c, where 1 / c has the Rescale multiplier -1 / (c_x c_b)."""
    (above, below), (above_base, below_base) = [t.detach() for t in call.dependent], before
    to_above = (1 / below + 1 / below_base) / 2
    to_below = -(above + above_base) / 2 / (below * below_base)
    return ruled(
        call.value(),
        lambda upper: ((upper * to_above).sum_to_size(above.shape), (upper * to_below).sum_to_size(below.shape)),
        *call.dependent,
    )


def max_pool(call: Call, before: Sequence[Tensor]) -> Any:
    """Max pooling: all of a window's change goes to its winner, that at x if the maximum has grown and else that at b.

    A winner i changed at least as much as the maximum did, so m_i = (change of the maximum) / (x_i - b_i) lies in
    [0, 1]. Each window counts by itself where windows overlap.
    """
    name = call.name.removesuffix("_with_indices")
    places = int(name[-2])
    (x,), (base,) = [read.detach() for read in call.dependent], before
    indexed = replace(call, func=getattr(F, name), kwargs={**call.kwargs, "return_indices": True})
    (value, at_x), (value_base, at_base) = indexed.on([x]), indexed.on([base])
    change = value - value_base
    winner = torch.where(change >= 0, at_x, at_base).flatten(-places)
    moved = (x - base).flatten(-places).gather(-1, winner)
    multiplier = torch.where(moved == 0, 1, change.flatten(-places) / moved)

    def backward(upper: Tensor) -> tuple[Tensor]:
        sent = upper.flatten(-places) * multiplier
        return (torch.zeros_like(x).flatten(-places).scatter_add_(-1, winner, sent).reshape(x.shape),)

    # torch.adaptive_max_pool2d gives the places without being asked, F.adaptive_max_pool2d, of the same name, does not.
    pair = name != call.name or (name.startswith("adaptive") and isinstance(call.value(), tuple))
    lifted = ruled(value, backward, *call.dependent)
    return (lifted, at_x) if pair else lifted


def maximum(call: Call, before: Sequence[Tensor]) -> Any:
    """A largest value, as in max pooling; ties share."""
    return _extremum(call, before, 1.0)


def minimum(call: Call, before: Sequence[Tensor]) -> Any:
    """A smallest value, likewise."""
    return _extremum(call, before, -1.0)


def _extremum(call: Call, before: Sequence[Tensor], sign: float) -> Any:
    at_x, at_base = Pullback(call, [read.detach() for read in call.dependent]), Pullback(call, before)
    change = at_x.value - at_base.value
    grown = sign * change >= 0

    def backward(upper: Tensor) -> tuple[Tensor, ...]:
        sent = upper * change
        shares = [one + other for one, other in zip(at_x.pull(sent * grown), at_base.pull(sent * ~grown), strict=True)]
        moved = [x.detach() - base.detach() for x, base in zip(at_x.leaves, at_base.leaves, strict=True)]
        multipliers = [share / by for share, by in zip(shares, moved, strict=True)]
        still = [by == 0 for by in moved]
        if not any(bool(where.any()) for where in still):
            return tuple(multipliers)
        both = zip(still, at_x.pull(upper), multipliers, strict=True)
        return tuple(torch.where(where, gradient, multiplier) for where, gradient, multiplier in both)

    lifted = ruled(at_x.value, backward, *call.dependent)
    result = at_x.result
    return type(result)((lifted, *result[1:])) if isinstance(result, tuple) else lifted


class Pullback:
    """A call run at certain values of its dependent arguments, and its derivative there."""

    def __init__(self, call: Call, values: Sequence[Tensor]) -> None:
        with torch.enable_grad():
            self.leaves = [value.detach().requires_grad_() for value in values]
            self.result = call.on(self.leaves)
        self.graph = tensors(self.result)[0]
        self.value = self.graph.detach()

    def pull(self, upper: Tensor) -> tuple[Tensor, ...]:
        """`upper` times the derivative of the call's (first) result."""
        return torch.autograd.grad(self.graph, self.leaves, upper, retain_graph=True)
