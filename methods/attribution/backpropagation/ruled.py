"""An operation whose backward pass is a rule instead of its derivative."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

Backward = Callable[[Tensor], tuple[Tensor, ...]]
"""The relevance of an output -> that of each input."""


class _Ruled(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, value: Tensor, backward: Backward, *inputs: Tensor) -> Tensor:
        ctx.rule = backward
        return value

    @staticmethod
    def backward(ctx: Any, *relevance: Tensor) -> tuple[Tensor | None, ...]:
        return (None, None, *ctx.rule(*relevance))


def ruled(value: Tensor, backward: Backward, *inputs: Tensor) -> Tensor:
    """`value` as a function of `inputs`, through which autograd carries relevance by the rule `backward`.

    Autograd adds up what comes back over several paths: relevance at a fan-out is the sum over the branches.

    >>> x = torch.tensor([2.0], requires_grad=True)
    >>> ruled(x.detach() ** 3, lambda relevance: (relevance,), x).backward()
    >>> x.grad
    tensor([1.])
    """
    result: Tensor = _Ruled.apply(value.detach(), backward, *inputs)  # type: ignore[no-untyped-call]
    return result


def unchanged(like: Tensor) -> Backward:
    """The rule that passes relevance on as it is, summed where `like` was broadcast."""
    shape = like.shape
    return lambda relevance: (relevance.sum_to_size(shape),)
