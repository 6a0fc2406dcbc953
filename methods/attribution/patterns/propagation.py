"""Pattern methods in terms of what an operation does: layers, constants, sums, copies and rectifiers."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from whybench.errors import Unsupported
from whybench.methods.attribution.backpropagation.calls import Call
from whybench.methods.attribution.backpropagation.layers import LinearMap
from whybench.methods.attribution.backpropagation.operations import RECTIFIERS, rectifier_bounds
from whybench.methods.attribution.backpropagation.ruled import ruled
from whybench.methods.attribution.patterns.layers import PatternLayer, Step
from whybench.methods.attribution.patterns.pooling import pool
from whybench.methods.attribution.patterns.readings import Reading
from whybench.methods.attribution.patterns.windows import Windows


class PatternPropagation:
    """Computes the values of one forward pass so that its backward pass runs through patterns.

    Convolutions, fully connected layers and average pools are linear neurons with patterns. Constant factors and
    summands right after a layer (BatchNorm, a bias) are parts of it; elsewhere a factor is a neuron that reads one
    value, whose pattern is its inverse, and a summand changes nothing. Additions hand on what they get to each part;
    rectifiers let it through where they are open; copies and max pools carry it along their gradient.

    What goes into the backward pass must not hold this object: it holds every layer's output, and a cycle through
    autograd's graph is never collected.
    """

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.count = 0
        self.layers: dict[int, tuple[PatternLayer, Tensor]] = {}

    def layer(
        self, call: Call, read: Tensor, apply: LinearMap, weight: Tensor, bias: Tensor | float, convolution: bool
    ) -> Tensor:
        """A convolution or fully connected layer: apply(read, weight) + bias."""
        return self._numbered(call, read, weight, bias, Windows.of(call) if convolution else Windows())

    def weighted_sum(self, call: Call) -> Tensor:
        """A sum or average over positions, or an average pool: a depthwise convolution with weights of its own."""
        (read,) = call.dependent
        windows, weight = pool(call)
        return self._numbered(call, read, read.new_full((read.shape[1], 1, *windows.kernel), weight), 0.0, windows)

    def affine(self, read: Tensor, value: Tensor, gain: Tensor | float, shift: Tensor | float) -> Tensor:
        """value = read * gain + shift with constants, elementwise."""
        below, _ = self.layers.get(id(read), (None, None))
        folded = None if below is None else below.folded(gain, shift, value)
        if folded is not None:
            return self._made(folded)
        inverse, shape = self.reading.scalar(torch.as_tensor(gain, dtype=value.dtype, device=value.device)), read.shape
        return ruled(value, lambda upper: ((upper * inverse).sum_to_size(shape),), read)

    def addition(self, value: Tensor, parts: Sequence[tuple[Tensor, float]]) -> Tensor:
        """value = the sum of several input-dependent tensors, each times its factor."""
        factors = [self.reading.scalar(value.new_tensor(factor)) for _, factor in parts]
        shapes = [tensor.shape for tensor, _ in parts]

        def backward(upper: Tensor) -> tuple[Tensor, ...]:
            return tuple((upper * f).sum_to_size(s) for f, s in zip(factors, shapes, strict=True))

        return ruled(value, backward, *(tensor for tensor, _ in parts))

    def activation(self, call: Call) -> Tensor:
        """A rectifier; raises Unsupported for any other activation."""
        if call.name not in RECTIFIERS:
            raise Unsupported(f"patterns are defined for ReLU and ReLU6, not for {call.name!r}")
        low, high = rectifier_bounds(call)
        (read,) = call.dependent
        passing = (read.detach() > low) & (read.detach() < high)
        return ruled(call.value(), lambda upper: (upper * passing,), read)

    def maximum(self, call: Call) -> Any:
        """A max pool: its gradient follows the switches."""
        return call.result()

    def copies(self, call: Call) -> Any:
        """Rearranged copies of input-dependent values."""
        return call.result()

    def _numbered(self, call: Call, read: Tensor, weight: Tensor, bias: Tensor | float, windows: Windows) -> Tensor:
        output = call.value()
        layer = PatternLayer(
            name=f"{self.count}.{call.name}",
            source=read,
            output=output,
            weight=weight.detach().double(),
            bias=torch.zeros(len(weight), dtype=torch.float64, device=weight.device),
            windows=windows,
            channel=1 if windows.kernel else output.ndim - 1,
        )
        summand = layer.per_channel(bias)
        if summand is None:
            raise Unsupported(f"{call.name!r} with a bias that differs within a channel")
        self.count += 1
        return self._made(replace(layer, bias=summand))

    def _made(self, layer: PatternLayer) -> Tensor:
        result = ruled(layer.output, Step(layer, self.reading.direction), layer.source)
        self.layers[id(result)] = layer, result  # the tensor is held so that its id stays its own
        return result
