"""LRP in terms of what an operation does: layers, constants, sums, copies and activations."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor

from whybench.methods.attribution.backpropagation.calls import Call, tensors
from whybench.methods.attribution.backpropagation.composites import Composite
from whybench.methods.attribution.backpropagation.layers import Layer, LinearMap, Surroundings
from whybench.methods.attribution.backpropagation.ruled import ruled, unchanged


@dataclass(frozen=True, eq=False)
class Trace:
    """How a tensor came about, as far as a layer that reads it can take it in.

    first: no layer lies between the input and it. layer: the layer whose output it is.
    scaled, shift: it is scaled + shift, with a constant shift. replay: what was done to the input to get it, shifts
    left out, where that was nothing but scaling and copying.
    """

    tensor: Tensor
    first: bool
    layer: Layer | None = None
    scaled: Tensor | None = None
    shift: Tensor | None = None
    replay: Callable[[Tensor], Tensor] | None = None

    @property
    def unshifted(self) -> Tensor:
        return self.tensor if self.scaled is None else self.scaled


class Propagation:
    """Computes the values of one forward pass so that its backward pass is LRP.

    Layers take their rule from the composite. Constant factors and summands right after a layer, and summands right
    before one, are parts of that layer (BatchNorm is both); elsewhere a constant takes its share of relevance as in an
    addition. Activations pass relevance on; copies and max pools carry it along their gradient (winner takes all).

    What goes into the backward pass must not hold this object: it holds every tensor of the forward pass, and a cycle
    through autograd's graph is never collected.

    leaf: the input; bounds: its lowest and highest values, shaped like it, or None; bias: whether constants count in
    what rules divide by.
    """

    def __init__(self, composite: Composite, leaf: Tensor, bounds: tuple[Tensor, Tensor] | None, bias: bool) -> None:
        self.composite = composite
        self.leaf = leaf
        self.bounds = bounds
        self.bias = bias
        self.traces = {id(leaf): Trace(leaf, first=True, replay=lambda values: values)}

    def layer(
        self, call: Call, read: Tensor, apply: LinearMap, weight: Tensor, bias: Tensor | float, convolution: bool
    ) -> Tensor:
        """A convolution or fully connected layer: apply(read, weight) + bias."""
        trace = self.traces[id(read)]
        leaf = read.detach().requires_grad_()
        graph = call.at(read, leaf)
        if trace.shift is not None:
            bias = apply(trace.shift, weight) + bias

        def adjoint(upper: Tensor) -> Tensor:
            (gradient,) = torch.autograd.grad(graph, leaf, upper, retain_graph=True)
            return gradient

        return self._ruled_layer(
            Layer(
                source=trace.unshifted,
                output=graph.detach(),
                total=graph.detach(),
                weight=weight.detach(),
                bias=bias,
                apply=apply,
                adjoint=adjoint,
                channel=1 if convolution else graph.ndim - 1,
                convolution=convolution,
                surroundings=self._surroundings(trace),
            )
        )

    def affine(self, read: Tensor, value: Tensor, gain: Tensor | float, shift: Tensor | float) -> Tensor:
        """value = read * gain + shift with constants, elementwise."""
        trace = self.traces[id(read)]
        folded = None if trace.layer is None else trace.layer.folded(gain, shift, value)
        if folded is not None:
            return self._ruled_layer(folded)
        replay, base = trace.replay, trace.unshifted

        def scale(values: Tensor) -> Tensor:
            return (values * gain).expand(value.shape)

        scaled = ruled(scale(base.detach()), unchanged(base), base)
        constant = shift if trace.shift is None else trace.shift * gain + shift
        constant = torch.as_tensor(constant, dtype=value.dtype, device=value.device).expand(value.shape)
        shifted = bool(constant.any())
        return self._made(
            Trace(
                self._beside(constant, value, scaled) if shifted else scaled,
                trace.first,
                scaled=scaled if shifted else None,
                shift=constant if shifted else None,
                replay=None if replay is None else lambda values: scale(replay(values)),
            )
        )

    def addition(self, value: Tensor, parts: Sequence[tuple[Tensor, float]]) -> Tensor:
        """value = the sum of several input-dependent tensors, each times its factor."""
        composite = self.composite

        def backward(relevance: Tensor) -> tuple[Tensor, ...]:
            shares = composite.summands([tensor.detach() * factor for tensor, factor in parts])
            upper = composite.upper(relevance, sum(shares[1:], shares[0]))
            return tuple((s * upper).sum_to_size(t.shape) for s, (t, _) in zip(shares, parts, strict=True))

        first = all(self.traces[id(tensor)].first for tensor, _ in parts)
        return self._made(Trace(ruled(value, backward, *(tensor for tensor, _ in parts)), first))

    def weighted_sum(self, call: Call) -> Tensor:
        """A sum, mean or average pool: linear, with weights that are not negative."""
        (read,), composite = call.dependent, self.composite

        def backward(relevance: Tensor) -> tuple[Tensor]:
            (summands,) = composite.summands([read.detach()])
            with torch.enable_grad():
                leaf = summands.detach().requires_grad_()
                total = call.at(read, leaf)
            (gradient,) = torch.autograd.grad(total, leaf, composite.upper(relevance, total.detach()))
            return (summands * gradient,)

        return self._made(Trace(ruled(call.value(), backward, read), self.traces[id(read)].first))

    def activation(self, call: Call) -> Tensor:
        """An elementwise activation."""
        (read,) = call.dependent
        return self._made(Trace(ruled(call.value(), unchanged(read), read), self.traces[id(read)].first))

    def maximum(self, call: Call) -> Any:
        """A max pool: relevance follows the gradient to the largest value."""
        result = call.result()
        for made in tensors(result):
            self._made(Trace(made, self._first(call)))
        return result

    def copies(self, call: Call) -> Any:
        """Rearranged copies of input-dependent values, and constants beside them that take no share."""
        result, read = call.result(), call.dependent[0]
        trace = self.traces[id(read)]
        if sum(tensor.is_floating_point() for tensor in call.tensors) > 1:
            trace = Trace(read, trace.first)
        scaled = shifts = None
        if trace.shift is not None:
            scaled, shifts = tensors(call.at(read, trace.unshifted)), tensors(call.at(read, trace.shift))
        for place, made in enumerate(tensors(result)):
            if id(made) not in self.traces:
                self._made(
                    Trace(
                        made,
                        self._first(call),
                        scaled=None if scaled is None else scaled[place],
                        shift=None if shifts is None else shifts[place],
                        replay=None if trace.replay is None else partial(_replay, call, read, trace.replay, place),
                    )
                )
        return result

    def _first(self, call: Call) -> bool:
        return all(self.traces[id(read)].first for read in call.dependent)

    def _ruled_layer(self, layer: Layer) -> Tensor:
        counted = layer if self.bias else layer.unbiased()
        rule = self.composite.rule(counted)
        result = ruled(layer.output, lambda relevance: (rule(counted, relevance),), layer.source)
        return self._made(Trace(result, first=False, layer=layer))

    def _beside(self, constant: Tensor, value: Tensor, scaled: Tensor) -> Tensor:
        """value = scaled + constant, where the constant takes its share of relevance; a zero takes none."""
        if not self.bias:
            return ruled(value, unchanged(scaled), scaled)
        composite = self.composite

        def backward(relevance: Tensor) -> tuple[Tensor]:
            own, other = composite.summands([scaled.detach(), constant])
            return (torch.where(constant == 0, relevance, own * composite.upper(relevance, own + other)),)

        return ruled(value, backward, scaled)

    def _surroundings(self, trace: Trace) -> Surroundings | None:
        if not trace.first:
            return None
        if trace.replay is None:
            return Surroundings(torch.ones_like(trace.tensor))
        gain = trace.replay(torch.ones_like(self.leaf))
        if self.bounds is None:
            return Surroundings(gain)
        one, other = (trace.replay(bound) for bound in self.bounds)
        return Surroundings(gain, torch.minimum(one, other), torch.maximum(one, other))

    def _made(self, trace: Trace) -> Tensor:
        self.traces[id(trace.tensor)] = trace
        return trace.tensor


def _replay(call: Call, read: Tensor, before: Callable[[Tensor], Tensor], place: int, values: Tensor) -> Tensor:
    return tensors(call.at(read, before(values)))[place]
