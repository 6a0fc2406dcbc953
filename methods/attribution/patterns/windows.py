"""What each neuron of a convolution or fully connected layer reads."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.grad import conv1d_input, conv2d_input, conv3d_input

from whybench.errors import Unsupported
from whybench.methods.attribution.backpropagation.calls import Call

INPUT_GRADIENTS = (conv1d_input, conv2d_input, conv3d_input)

LARGEST = 1 << 22
"""Values of one part of the patches."""

Part = tuple[Tensor, Tensor]
"""(the row of the inputs that each patch is from (m,) int64, patches (m, groups, d) float64)."""


@dataclass(frozen=True)
class Windows:
    """The windows of a convolution; without dimensions, the rows that a fully connected layer reads.

    kernel, stride, dilation: one number a spatial dimension; padding: (before, after) each, whose zeros count as read.
    """

    kernel: tuple[int, ...] = ()
    stride: tuple[int, ...] = ()
    padding: tuple[tuple[int, int], ...] = ()
    dilation: tuple[int, ...] = ()
    groups: int = 1

    @classmethod
    def of(cls, call: Call) -> "Windows":
        """Those of a call of conv1d, conv2d or conv3d."""
        return _convolution(*call.args, **call.kwargs)

    def parts(self, inputs: Tensor, largest: int = LARGEST) -> Iterator[Part]:
        """All patches of a batch, in parts of at most `largest` values where a strip of one row has no more."""
        seen = self._seen(inputs)
        rows = max(1, largest // seen[0].numel())
        strip = max(1, largest // seen[0, :1].numel())
        read = prod(seen.shape[2 + max(1, len(self.kernel)) :])
        for i in range(0, len(seen), rows):
            for j in range(0, seen.shape[1], strip):
                part = seen[i : i + rows, j : j + strip]
                patches = part.reshape(-1, self.groups, read)
                owners = torch.arange(i, i + len(part), device=inputs.device)
                yield owners.repeat_interleave(len(patches) // len(part)), patches.double()

    def adjoint(self, shape: Sequence[int], weight: Tensor, upper: Tensor) -> Tensor:
        """sum_k w_jk upper_k for inputs of this shape, with `weight` shaped as the layer has it, outputs first."""
        if not self.kernel:
            return upper @ weight
        dimensions = len(self.kernel)
        sizes = [size + before + after for size, (before, after) in zip(shape[2:], self.padding, strict=True)]
        spans = [d * (k - 1) + 1 for d, k in zip(self.dilation, self.kernel, strict=True)]
        outputs = [(a - b) // s + 1 for a, b, s in zip(sizes, spans, self.stride, strict=True)]
        upper = upper.reshape(len(upper), -1, *outputs)
        of_inputs = INPUT_GRADIENTS[dimensions - 1]
        lower: Tensor = of_inputs(  # type: ignore[no-untyped-call]
            (*shape[:2], *sizes), weight, upper, self.stride, 0, self.dilation, self.groups
        )
        inner: list[Any] = [slice(p[0], p[0] + n) for p, n in zip(self.padding, shape[2:], strict=True)]
        return lower[(..., *inner)]

    def _seen(self, inputs: Tensor) -> Tensor:
        """A view where there is one: (rows, positions..., groups, what a neuron reads...)."""
        dimensions = len(self.kernel)
        if inputs.ndim < dimensions + 2:
            raise Unsupported(f"a layer reads one sample of shape {tuple(inputs.shape)} without a batch dimension")
        if dimensions == 0:
            return inputs.reshape(len(inputs), -1, 1, inputs.shape[-1])
        seen = F.pad(inputs, [side for sides in reversed(self.padding) for side in sides])
        for i in range(dimensions):
            seen = seen.unfold(2 + i, self.dilation[i] * (self.kernel[i] - 1) + 1, self.stride[i])
        within: list[Any] = [slice(None, None, step) for step in self.dilation]
        seen = seen[(..., *within)]
        seen = seen.reshape(len(seen), self.groups, -1, *seen.shape[2:])
        return seen.permute(0, *range(3, 3 + dimensions), 1, 2, *range(3 + dimensions, seen.ndim))


def _convolution(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Windows:
    kernel = tuple(weight.shape[2:])
    stretch = each(dilation, len(kernel))
    if padding == "same":
        spans = [d * (k - 1) for d, k in zip(stretch, kernel, strict=True)]
        sides = tuple((span // 2, span - span // 2) for span in spans)
    else:
        sides = tuple((side, side) for side in each(0 if padding == "valid" else padding, len(kernel)))
    return Windows(kernel, each(stride, len(kernel)), sides, stretch, groups)


def each(value: int | Sequence[int], dimensions: int) -> tuple[int, ...]:
    """One number for every spatial dimension, or one for all.

    >>> each(3, 2), each((1, 2), 2)
    ((3, 3), (1, 2))
    """
    values = (value,) if isinstance(value, int) else tuple(value)
    return values * dimensions if len(values) == 1 else values
