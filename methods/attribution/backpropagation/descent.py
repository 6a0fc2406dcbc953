"""Relevance followed down from the outputs, layer by layer."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from whybench.methods.attribution.backpropagation.backpropagate import watched
from whybench.methods.attribution.backpropagation.calls import Call
from whybench.methods.attribution.backpropagation.operations import CONVOLUTIONS
from whybench.methods.attribution.backpropagation.recording import Interpreter, module_names, running
from whybench.protocols import Query
from whybench.protocols.propagation import LayerRelevance

LAYERS = CONVOLUTIONS | {"linear", "matmul", "mm", "addmm"}
Arrivals = Callable[[Tensor], Sequence[Tensor]]
"""A tensor of the forward pass -> the tensors at which relevance arrives that belongs to it."""


class LayerOutputs:
    """Notes what every convolution and fully connected layer makes, with the name of the module that runs it."""

    def __init__(self, interpreter: Interpreter, names: Callable[[], str]) -> None:
        self.interpreter = interpreter
        self.place = names
        self.made: list[tuple[str, Tensor]] = []

    def __call__(self, call: Call) -> Any:
        result = self.interpreter(call)
        if call.name in LAYERS:
            self.made.append((self.place(), result))
        return result


def descended(
    query: Query,
    starts: Tensor,
    interpreter: Callable[[Tensor], tuple[Interpreter, Arrivals]],
    ready: Callable[[Tensor], None] = lambda outputs: None,
) -> Iterator[list[LayerRelevance]]:
    """Relevance at all layers' outputs and at the inputs, one forward pass a batch and one backward pass a start.

    interpreter: the leaf of one batch -> what each operation becomes, and where relevance arrives; ready: what is to be
    done with the outputs before the first way back.
    """
    names = module_names(query.model.module)
    for sample, _ in query.each(1):
        with torch.enable_grad():
            leaf = query.inputs[sample].detach().requires_grad_()
            inner, arrivals = interpreter(leaf)
            noted = LayerOutputs(inner, lambda: running(names))
            outputs = watched(query, leaf, noted)
            ready(outputs)
            places = [*reversed(noted.made), ("", leaf)]
            groups = [arrivals(tensor) for _, tensor in places]
            found = [_arrived(outputs, groups, start[sample].view_as(outputs)) for start in starts]
        yield [
            LayerRelevance(name, torch.stack(each))
            for (name, _), each in zip(places, zip(*found, strict=True), strict=True)
        ]


def itself(tensor: Tensor) -> list[Tensor]:
    """Where relevance arrives if nothing is moved elsewhere."""
    return [tensor]


def _arrived(outputs: Tensor, groups: Sequence[Sequence[Tensor]], start: Tensor) -> list[Tensor]:
    flat = [there for group in groups for there in group]
    each = iter(torch.autograd.grad(outputs, flat, start, retain_graph=True, allow_unused=True, materialize_grads=True))
    return [sum((next(each) for _ in group[1:]), next(each)) for group in groups]
