"""Propagation by rules that sum over all units of a sample at once."""

from typing import Any

import torch
from torch import Tensor

from whybench.errors import Unsupported
from whybench.methods.attribution.backpropagation.calls import Call
from whybench.methods.attribution.backpropagation.layers import LinearMap
from whybench.methods.attribution.backpropagation.top_layers import TopDownPropagation

MOVES = frozenset(
    {
        *("T", "flip", "index_select", "mT", "moveaxis", "movedim", "permute", "roll"),
        *("swapaxes", "swapdims", "t", "transpose"),
    }
)
"""Operations that can move samples without a change of the first dimension's length."""


class SampleWisePropagation(TopDownPropagation):
    """A propagation whose layers all read one row a sample; raises Unsupported where one does not."""

    def layer(
        self, call: Call, read: Tensor, apply: LinearMap, weight: Tensor, bias: Tensor | float, convolution: bool
    ) -> Tensor:
        _require(len(read) == len(self.leaf), call)
        return super().layer(call, read, apply, weight, bias, convolution)

    def copies(self, call: Call) -> Any:
        if call.name in MOVES:
            (read,) = call.dependent
            moved = call.at(read, _rows(read))
            _require(torch.equal(moved, _rows(moved)), call)
        return super().copies(call)


def _rows(like: Tensor) -> Tensor:
    """The number of its row at every element."""
    return torch.arange(len(like)).to(like).reshape(-1, *[1] * (like.ndim - 1)).expand(like.shape)


def _require(kept: bool, call: Call) -> None:
    if not kept:
        raise Unsupported(f"{call.name!r} takes samples apart or moves them away from the first dimension")
