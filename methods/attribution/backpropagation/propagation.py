"""LRP in terms of what an operation does: layers, constants, sums, copies and activations."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import torch
from torch import Tensor

from whybench.methods.attribution.backpropagation.calls import Call, tensors
from whybench.methods.attribution.backpropagation.composites import Composite
from whybench.methods.attribution.backpropagation.layers import Layer, LinearMap, Surroundings
from whybench.methods.attribution.backpropagation.recording import running
from whybench.methods.attribution.backpropagation.ruled import ruled, unchanged
from whybench.methods.attribution.backpropagation.traces import (
    Selection,
    Trace,
    gained,
    replayed,
    shift_of,
    unshifted,
)

Canonise = Literal["scale", "threshold", "none"]


class Propagation:
    """Computes the values of one forward pass so that its backward pass is LRP.

    Layers take their rule from the composite. Constant factors and summands right after a layer, and summands before
    one, are parts of that layer (BatchNorm is both); elsewhere a constant takes its share of relevance as in an
    addition. Activations pass relevance on; copies and max pools carry it along their gradient (winner takes all).

    What goes into the backward pass must not hold this object: it holds every tensor of the forward pass, and a cycle
    through autograd's graph is never collected.

    leaf: the input; bounds: its lowest and highest values, shaped like it, or None; bias: whether constants count in
    what rules divide by. canonise: how a summand c of a tensor x + c gets past activations f, pools and sums to the
    next layer: "scale" by f(x + c) = r x + r c with r = f(x + c) / (x + c), "threshold" by f(x + c) = (f(x + c) - c)
    + c, "none" not at all. names: the modules' names by identity.
    """

    def __init__(
        self,
        composite: Composite,
        leaf: Tensor,
        bounds: tuple[Tensor, Tensor] | None,
        bias: bool,
        canonise: Canonise = "none",
        names: Mapping[int, str] | None = None,
    ) -> None:
        self.composite = composite
        self.leaf = leaf
        self.bounds = bounds
        self.bias = bias
        self.canonise = canonise
        self.names = names or {}
        self.traces = {id(leaf): Trace(leaf, first=True, replay=lambda values: values)}
        self.folded: dict[int, list[Tensor]] = {}
        self.layer_names: list[str] = []

    def layer(
        self, call: Call, read: Tensor, apply: LinearMap, weight: Tensor, bias: Tensor | float, convolution: bool
    ) -> Tensor:
        """A convolution or fully connected layer: apply(read, weight) + bias."""
        trace, name = self.traces[id(read)], running(self.names)
        self.layer_names.append(name)
        leaf = read.detach().requires_grad_()
        graph = call.at(read, leaf)
        if trace.shift is not None:
            bias = apply(_distinct(trace.shift, weight, convolution), weight) + bias

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
                gain=trace.gains,
                name=name,
                depth=trace.depth,
            )
        )

    def affine(self, read: Tensor, value: Tensor, gain: Tensor | float, shift: Tensor | float) -> Tensor:
        """value = read * gain + shift with constants, elementwise."""
        trace = self.traces[id(read)]
        folded = None if trace.layer is None else trace.layer.folded(gain, shift, value)
        if folded is not None:
            result = self._ruled_layer(folded)
            self.folded.setdefault(id(read), []).append(result)
            return result
        replay, base = trace.replay, trace.unshifted

        def scale(values: Tensor) -> Tensor:
            return (values * gain).expand(value.shape)

        scaled = ruled(scale(base.detach()), unchanged(base), base)
        constant = shift if trace.shift is None else trace.shift * gain + shift
        constant = torch.as_tensor(constant, dtype=value.dtype, device=value.device).expand(value.shape)
        return self._shifted(
            value,
            scaled,
            constant if bool(constant.any()) else None,
            Trace(
                scaled,
                trace.first,
                replay=None if replay is None else lambda values: scale(replay(values)),
                gain=lambda: scale(trace.gains()),
                below=trace.depth,
            ),
        )

    def addition(self, value: Tensor, parts: Sequence[tuple[Tensor, float]]) -> Tensor:
        """value = the sum of several input-dependent tensors, each times its factor."""
        composite = self.composite
        traces = [self.traces[id(tensor)] for tensor, _ in parts]
        shift = None
        if self._carries(*traces):
            shift = sum(
                (trace.shifts() * by for trace, (_, by) in zip(traces, parts, strict=True)), value.new_zeros(())
            )
            parts = [(trace.unshifted, by) for trace, (_, by) in zip(traces, parts, strict=True)]

        def backward(relevance: Tensor) -> tuple[Tensor, ...]:
            shares = composite.summands([tensor.detach() * factor for tensor, factor in parts])
            upper = composite.upper(relevance, sum(shares[1:], shares[0]))
            return tuple((s * upper).sum_to_size(t.shape) for s, (t, _) in zip(shares, parts, strict=True))

        scaled = ruled(value if shift is None else value - shift, backward, *(tensor for tensor, _ in parts))
        first, below = all(trace.first for trace in traces), max(trace.depth for trace in traces)
        return self._shifted(value, scaled, shift, Trace(scaled, first, below=below))

    def weighted_sum(self, call: Call) -> Tensor:
        """A sum, mean or average pool: linear, with weights that are not negative."""
        (read,), composite = call.dependent, self.composite
        trace = self.traces[id(read)]
        carried = self._carries(trace)
        part = trace.unshifted if carried else read

        def backward(relevance: Tensor) -> tuple[Tensor]:
            (summands,) = composite.summands([part.detach()])
            with torch.enable_grad():
                leaf = summands.detach().requires_grad_()
                total = call.at(read, leaf)
            (gradient,) = torch.autograd.grad(total, leaf, composite.upper(relevance, total.detach()))
            return (summands * gradient,)

        value = call.value()
        shift = call.at(read, trace.shifts()) if carried else None
        scaled = ruled(value if shift is None else value - shift, backward, part)
        return self._shifted(value, scaled, shift, Trace(scaled, trace.first, below=trace.depth))

    def activation(self, call: Call) -> Tensor:
        """An elementwise activation, 0 at 0."""
        (read,) = call.dependent
        trace, value = self.traces[id(read)], call.value()
        scaled, shift = read, None
        if self._carries(trace):
            shift, ratio = trace.shifts(), torch.where(read == 0, 0, value / read).detach()
            scaled = trace.unshifted
            if self.canonise == "scale":
                shift = shift * ratio
        scaled = ruled(value if shift is None else value - shift, unchanged(scaled), scaled)
        return self._shifted(value, scaled, shift, Trace(scaled, trace.first, gain=trace.gain, below=trace.depth))

    def maximum(self, call: Call) -> Any:
        """A max pool: relevance follows the gradient to the largest value."""
        (read,) = call.dependent
        trace, result = self.traces[id(read)], call.result()
        if not isinstance(result, Tensor):
            for made in tensors(result):
                self._made(Trace(made, trace.first, below=trace.depth))
            return result
        scaled, shift = result, None
        if self._carries(trace):
            selection = Selection(call, read)
            shift = selection.pick(trace.shifts())
            scaled = ruled(result.detach() - shift, selection.back, trace.unshifted)
        gain = None if trace.gain is None else lambda: Selection(call, read).pick(trace.gains())
        return self._shifted(result, scaled, shift, Trace(scaled, trace.first, gain=gain, below=trace.depth))

    def copies(self, call: Call) -> Any:
        """Rearranged copies of input-dependent values, and constants beside them that take no share."""
        result, traces = call.result(), [self.traces[id(tensor)] for tensor in call.dependent]
        alone = sum(tensor.is_floating_point() for tensor in call.tensors) == 1
        trace = traces[0]
        scaled = shifts = None
        if trace.shift is not None if alone else self._carries(*traces):
            scaled = tensors(unshifted(call, traces))
            shifts = tensors(shift_of(call, traces))
        first, below = all(trace.first for trace in traces), max(trace.depth for trace in traces)
        for place, made in enumerate(tensors(result)):
            if id(made) not in self.traces:
                self._made(
                    Trace(
                        made,
                        first,
                        scaled=None if scaled is None else scaled[place],
                        shift=None if shifts is None else shifts[place],
                        replay=replayed(call, trace, place) if alone else None,
                        gain=gained(call, trace, place) if alone else None,
                        below=below,
                    )
                )
        return result

    def arrivals(self, tensor: Tensor) -> list[Tensor]:
        """Where relevance arrives that belongs to `tensor`: itself, without constants that go on, or folded into."""
        trace = self.traces[id(tensor)]
        return [trace.unshifted, *(there for made in self.folded.get(id(tensor), []) for there in self.arrivals(made))]

    def _ruled_layer(self, layer: Layer) -> Tensor:
        counted = layer if self.bias else layer.unbiased()
        rule = self.composite.rule(counted)
        result = ruled(layer.output, lambda relevance: (rule(counted, relevance),), layer.source)
        return self._made(Trace(result, first=False, layer=layer))

    def _carries(self, *traces: Trace) -> bool:
        """Whether a constant goes on to the next layer."""
        return self.canonise != "none" and any(trace.shift is not None for trace in traces)

    def _shifted(self, value: Tensor, scaled: Tensor, shift: Tensor | None, trace: Trace) -> Tensor:
        """value = scaled + shift, where `trace` says how `scaled` came about."""
        if shift is None:
            return self._made(trace)
        return self._made(
            Trace(
                self._beside(shift, value.detach(), scaled),
                trace.first,
                scaled=scaled,
                shift=shift,
                replay=trace.replay,
                gain=trace.gain,
                below=trace.below,
            )
        )

    def _beside(self, constant: Tensor, value: Tensor, scaled: Tensor) -> Tensor:
        """value = scaled + constant; the constant takes its share of relevance with it where it counts."""
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
        around = Surroundings(self.leaf.detach(), trace.replay)
        return around if self.bounds is None else around.bounded(*self.bounds)

    def _made(self, trace: Trace) -> Tensor:
        self.traces[id(trace.tensor)] = trace
        return trace.tensor


def _distinct(shift: Tensor, weight: Tensor, convolution: bool) -> Tensor:
    """One row of a shift that is the same for all, so that it meets the weight once."""
    rows = shift.ndim == weight.ndim if convolution else shift.ndim > 1
    return shift[:1] if rows and shift.stride(0) == 0 else shift
