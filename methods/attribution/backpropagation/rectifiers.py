"""Guided backpropagation and its relatives: plain gradients everywhere but at rectifiers."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from whybench.errors import Unsupported
from whybench.methods.attribution.backpropagation.backpropagate import backpropagate
from whybench.methods.attribution.backpropagation.calls import Call
from whybench.methods.attribution.backpropagation.descent import descended, itself
from whybench.methods.attribution.backpropagation.operations import (
    COMPARISONS,
    EXTREMES,
    OTHER_ACTIVATIONS,
    RECTIFIERS,
    rectifier_bounds,
)
from whybench.methods.attribution.backpropagation.ruled import ruled
from whybench.protocols import Query
from whybench.protocols.propagation import LayerRelevance

Gate = Callable[[Tensor, Tensor], Tensor]
"""(upper gradient, where the rectifier lets a change through) -> lower gradient."""


class Rectifiers:
    """Replaces the derivative of every rectifier by a gate, and leaves the rest alone.

    Raises Unsupported for activations other than rectifiers, of which the definition does not speak, and for
    comparisons with constants, by which rectifiers can be written that would pass for something else.
    """

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.count = 0

    def __call__(self, call: Call) -> Any:
        if call.name in OTHER_ACTIVATIONS:
            raise Unsupported(f"the rule is defined for ReLU and ReLU6, not for {call.name!r}")
        if call.name in COMPARISONS or (call.name in EXTREMES and _with_constant(call)):
            raise Unsupported(f"{call.name!r} may make a rectifier that the rule would miss; write it as ReLU")
        if call.name not in RECTIFIERS:
            return call.result()
        low, high = rectifier_bounds(call)
        (read,) = call.dependent
        passing = (read.detach() > low) & (read.detach() < high)
        self.count += 1
        return ruled(call.value(), lambda upper: (self.gate(upper, passing),), read)


def _with_constant(call: Call) -> bool:
    """Whether a value is compared with a constant (0 for abs), and not with others (max pools, maxout)."""
    unary = call.name in ("abs", "absolute", "clamp_max")
    return unary or (len(call.tensors) > 1 and len(call.dependent) == 1)


def guided(upper: Tensor, passing: Tensor) -> Tensor:
    """1[0 < z < top] (R)+."""
    return upper.clamp(min=0) * passing


def deconvolved(upper: Tensor, passing: Tensor) -> Tensor:
    """(R)+, whatever the forward pass did."""
    return upper.clamp(min=0)


def rectified_gradient(query: Query, gate: Gate) -> Tensor:
    """The gradient of the explained output with `gate` at every rectifier, shaped like the inputs.

    Raises Unsupported for a model without rectifiers, whose map would be the plain gradient under another name.
    """
    rectifiers = Rectifiers(gate)
    gradient = backpropagate(query, lambda leaf: rectifiers, torch.ones_like)
    _require(rectifiers, query)
    return gradient


def rectified_descent(query: Query, starts: Tensor, gate: Gate) -> Iterator[list[LayerRelevance]]:
    """The same, from given relevances of the outputs and at every layer; raises as `rectified_gradient` does."""
    rectifiers = Rectifiers(gate)
    for layers in descended(query, starts, lambda leaf: (rectifiers, itself)):
        _require(rectifiers, query)
        yield layers


def _require(rectifiers: Rectifiers, query: Query) -> None:
    if rectifiers.count == 0:
        raise Unsupported(f"model {query.model.name!r} has no ReLU or ReLU6, of which the rule speaks")
