"""DeepLIFT's Rescale rule, and what it becomes at operations that read more than one number.

Each rule takes a call and the values that its input-dependent arguments have at the baseline, and gives the call's
result at the input with a backward pass of multipliers m: sum_i m_i (x_i - b_i) = f(x) - f(b) at every output of f.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from whybench.errors import Unsupported
from whybench.methods.attribution.backpropagation.calls import Call, tensors
from whybench.methods.attribution.backpropagation.ruled import ruled

Rule = Callable[[Call, Sequence[Tensor]], Any]


def slope(function: Callable[[Tensor], Tensor], x: Tensor, value: Tensor, base: Tensor) -> Tensor:
    """(f(x) - f(b)) / (x - b) elementwise, where value = f(x).

    Where x and b, and f(x) and f(b) too, differ by less than sqrt(machine epsilon) relatively (1.5e-8 in float64), the
    quotient is lost in rounding, and the derivative halfway between x and b stands for it.

    >>> slope(torch.relu, torch.tensor([3.0, 1.0]), torch.tensor([3.0, 1.0]), torch.tensor([-1.0, 1.0])).tolist()
    [0.75, 1.0]
    """
    change, effect = x - base, value - function(base)
    tiny = torch.finfo(x.dtype).eps ** 0.5
    near = (change.abs() <= tiny * x.abs().clamp(min=1)) & (effect.abs() <= tiny * value.abs())
    quotient = effect / change
    if not near.any():
        return quotient
    with torch.enable_grad():
        halfway = ((x + base) / 2).requires_grad_()
        (derivative,) = torch.autograd.grad(function(halfway).sum(), halfway)
    return torch.where(near, derivative, quotient)


def elementwise(call: Call, before: Sequence[Tensor]) -> Tensor:
    """A function of single numbers: m = (f(x) - f(b)) / (x - b)."""
    value = call.value()
    if len(before) != 1 or value.shape != before[0].shape:
        raise Unsupported(f"there is no rule for {call.name!r} of several input-dependent tensors")
    (read,) = call.dependent
    multiplier = slope(lambda at: call.on([at]), read.detach(), value, before[0])
    return ruled(value, lambda upper: (upper * multiplier,), read)


def product(call: Call, before: Sequence[Tensor]) -> Tensor:
    """A product of two factors: the multiplier of each is the mean of the other at x and at b (its Shapley value).

    This is the gradient halfway, so that bilinear operations of any kind are served.
    """
    halfway = [(read.detach() + base) / 2 for read, base in zip(call.dependent, before, strict=True)]
    return ruled(call.value(), lambda upper: pull(call, halfway, upper), *call.dependent)


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


def maximum(call: Call, before: Sequence[Tensor]) -> Any:
    """A largest value: all of its change goes to where it is found, at x if it has grown and else at b.

    A winner i changed at least as much as the maximum did, so m_i = (change of the maximum) / (x_i - b_i) lies in
    [0, 1]. Works window by window where pooling windows overlap.
    """
    return _extremum(call, before, 1.0)


def minimum(call: Call, before: Sequence[Tensor]) -> Any:
    """A smallest value, likewise."""
    return _extremum(call, before, -1.0)


def _extremum(call: Call, before: Sequence[Tensor], sign: float) -> Any:
    result = call.value()
    value, *others = tensors(result)
    after = [read.detach() for read in call.dependent]
    change = value - tensors(call.on(before))[0]
    grown = sign * change >= 0

    def backward(upper: Tensor) -> tuple[Tensor, ...]:
        sent = upper * change
        shares = zip(pull(call, after, sent * grown), pull(call, before, sent * ~grown), strict=True)
        moved = [x - base for x, base in zip(after, before, strict=True)]
        multipliers = [(one + other) / by for (one, other), by in zip(shares, moved, strict=True)]
        if any(bool((by == 0).any()) for by in moved):
            gradients = pull(call, after, upper)
            parts = zip(moved, gradients, multipliers, strict=True)
            multipliers = [torch.where(by == 0, gradient, m) for by, gradient, m in parts]
        return tuple(multipliers)

    lifted = ruled(value, backward, *call.dependent)
    return type(result)((lifted, *others)) if isinstance(result, tuple) else lifted


def pull(call: Call, values: Sequence[Tensor], upper: Tensor) -> tuple[Tensor, ...]:
    """`upper` times the derivative of the call's (first) result where its dependent arguments are `values`."""
    with torch.enable_grad():
        leaves = [value.detach().requires_grad_() for value in values]
        return torch.autograd.grad(tensors(call.on(leaves))[0], leaves, upper)
