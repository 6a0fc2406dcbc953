"""One watched forward pass and one backward pass for every batch of a query."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.autograd.graph import get_gradient_edge

from whybench.methods.attribution.backpropagation.recording import Interpreter, Recording
from whybench.protocols import Query
from whybench.protocols.input_gradient import input_gradient


def backpropagate(
    query: Query, interpreter: Callable[[Tensor], Interpreter], start: Callable[[Tensor], Tensor]
) -> Tensor:
    """Relevance of every input value, shaped like the inputs.

    interpreter: the leaf of one batch -> what each operation of its forward pass becomes.
    start: the explained scalars (rows,), with the graph below them -> the relevance that the backward pass starts from.
    """
    relevance = torch.empty_like(query.inputs)
    for sample, _ in query.each(1):
        relevance[sample] = _of_rows(query, sample, interpreter, start)
    return relevance


@torch.enable_grad()
def _of_rows(
    query: Query, sample: Tensor, interpreter: Callable[[Tensor], Interpreter], start: Callable[[Tensor], Tensor]
) -> Tensor:
    leaf = query.inputs[sample].detach().requires_grad_()
    explained = query.model.explained(watched(query, leaf, interpreter(leaf)), query.targets[sample])
    return input_gradient(explained, start(explained), get_gradient_edge(leaf))


def watched(query: Query, leaf: Tensor, interpreter: Interpreter) -> Tensor:
    """The model's outputs for `leaf`, (rows, outputs), with the backward pass that `interpreter` gives them."""
    recording = Recording(query.model.module, leaf, interpreter)
    with recording:
        outputs = query.model.module(leaf)
    return recording.finished(outputs)
