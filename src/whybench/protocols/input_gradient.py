"""The gradient of outputs with respect to the inputs, without what takes longest in many a backward pass."""

from collections import defaultdict
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.graph import GradientEdge, Node

from whybench.layout import added

FEW = 3
"""Channels, grey or RGB: a convolution that reads no more is slow to go back through on a CPU."""
WORTH = 2**17
"""Multiplications from which on it takes longer to go back through one than to look for it."""
UNFOLDED = 2**18
"""Windows' values that are held at once."""
THREADS = 4
"""Windows are summed by one of them, autograd's step is shared by all."""


def input_gradient(outputs: Tensor, upper: Tensor, inputs: GradientEdge) -> Tensor:
    """The sum over outputs of `upper` times an output's gradient with respect to the inputs.

    Where all that becomes of the inputs goes through one convolution of few channels (the first layer for images, also
    once they are normalised), autograd stops above it. What is left is a matrix product, and the sum of the overlapping
    windows: the same sums in another order, which takes a CPU less in float32.

    outputs, upper: of one shape; inputs: the edge to them, since a model may write into the tensor.
    """
    return _gradient(_reader(outputs, inputs), outputs, upper, inputs)


def _gradient(reader: Any, outputs: Tensor, upper: Tensor, inputs: GradientEdge) -> Tensor:
    if reader is None:
        (gradient,) = torch.autograd.grad(outputs, inputs, upper)
    else:
        (arriving,) = torch.autograd.grad(outputs, GradientEdge(reader, 0), upper)
        (gradient,) = torch.autograd.grad(reader._saved_input, inputs, _through(reader, arriving))
    return gradient


def gradient_sums(
    outputs: Tensor, inputs: GradientEdge, group: Tensor, weight: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Each row's gradient times its weight, added up for rows of one group where that takes less: (m, ...) sums, and
    the group of each, (m,) with m <= rows.

    A convolution that reads the inputs themselves is linear: one step back through it is enough for all rows of a
    group, since what arrives there can be added up before.

    outputs: (rows,); inputs: the edge to rows of the same number; group: (rows,) int64, of which those that are equal
    and side by side are added; weight: (rows,), or None for ones.
    """
    reader, upper = _reader(outputs, inputs), torch.ones_like(outputs)
    if reader is None or not _reads(reader, inputs):
        return _weighted(_gradient(reader, outputs, upper, inputs), weight), group
    (arriving,) = torch.autograd.grad(outputs, GradientEdge(reader, 0), upper)
    groups, of = torch.unique_consecutive(group, return_inverse=True)
    return _through(reader, added(_weighted(arriving, weight), of, len(groups))), groups


def _weighted(rows: Tensor, weight: Tensor | None) -> Tensor:
    return rows if weight is None else rows * weight.view(-1, *(1,) * (rows.ndim - 1))


def _reads(reader: Any, inputs: GradientEdge) -> bool:
    """Whether the inputs go into a convolution as they are, and nobody listens to their gradient."""
    return reader.next_functions[0][0] is inputs.node and not reader._saved_input._backward_hooks


def _reader(outputs: Tensor, inputs: GradientEdge) -> Any:
    """`_first_convolution` where it is worth it."""
    reader = _first_convolution(outputs, inputs)
    return reader if reader is not None and _worth_it(reader) else None


def _first_convolution(outputs: Tensor, inputs: GradientEdge) -> Any:
    """The node of the graph for the one convolution that everything made of the inputs goes through, or None."""
    readers: dict[Node, list[Node]] = defaultdict(list)
    nodes = [] if outputs.grad_fn is None else [outputs.grad_fn]
    for node in nodes:
        for below, _ in node.next_functions:
            if below is not None:
                if below not in readers:
                    nodes.append(below)
                readers[below].append(node)
    read = inputs.node
    while len(readers[read]) == 1:
        (node,) = readers[read]
        if node.name() == "ConvolutionBackward0":
            return node if node.next_functions[0][0] is read else None
        read = node
    return None


def _worth_it(reader: Any) -> bool:
    images, weight = reader._saved_input, reader._saved_weight
    if torch.get_num_threads() > THREADS:
        return False
    if images.ndim != 4 or images.dtype != torch.float32 or images.device.type != "cpu":
        return False
    if reader._saved_transposed or reader._saved_groups != 1 or weight.shape[1] > FEW:
        return False
    outputs, channels, height, width = weight.shape
    places = images[:, 0].numel() / (reader._saved_stride[0] * reader._saved_stride[1])
    return bool(outputs > channels and height * width > 1 and places * weight.numel() >= WORTH)


def _through(reader: Any, arriving: Tensor) -> Tensor:
    """From the gradient of a convolution's outputs to that of its inputs."""
    images, weight = reader._saved_input, reader._saved_weight
    size, kernel = images.shape[2:], weight.shape[2:]
    windows = (kernel, reader._saved_dilation, reader._saved_padding, reader._saved_stride)
    matrix = weight.flatten(1).t()
    few = max(1, UNFOLDED // (len(matrix) * arriving[0, 0].numel()))
    parts = [F.fold(matrix @ part.flatten(2), size, *windows) for part in torch.split(arriving, few)]
    return torch.cat(parts) if len(parts) > 1 else parts[0]
