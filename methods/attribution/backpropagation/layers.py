"""A convolution or fully connected layer as it ran, with everything affine around it folded in."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

LinearMap = Callable[[Tensor, Tensor], Tensor]
"""(inputs, weight) -> outputs, without bias; linear in both."""


@dataclass(frozen=True, eq=False)
class Surroundings:
    """What a layer that reads the input itself knows of it.

    inputs: the model's inputs. replay: what was done to them to get what the layer reads, shifts left out, or None
    where that was more than scaling and copying.
    low, high: the bounds of what it reads, shaped like that, or None where they are not known.
    """

    inputs: Tensor
    replay: Callable[[Tensor], Tensor] | None
    low: Tensor | None = None
    high: Tensor | None = None

    def bounded(self, low: Tensor, high: Tensor) -> "Surroundings":
        """With these bounds of the model's inputs, shaped like them."""
        if self.replay is None:
            return self
        one, other = self.replay(low), self.replay(high)
        return replace(self, low=torch.minimum(one, other), high=torch.maximum(one, other))


@dataclass(frozen=True, eq=False)
class Layer:
    """z = apply(a, weight) + bias.

    source: a, with the graph that relevance goes back through; output: z as it ran; total: z as rules divide by it.
    weight: outputs first; bias: broadcasts against z, 0 where there is none; channel: the dimension of z that
    weight's first one makes. adjoint: s -> the gradient of (s * z).sum() with respect to a, at no second forward.
    surroundings: where no other layer lies between the input and this one. gain: by what the elements of a were
    multiplied since the last layer or sum, 0 at padding. name: the module in which it ran; depth: how many layers lie
    between the input and it, on the longest way.
    """

    source: Tensor
    output: Tensor
    total: Tensor
    weight: Tensor
    bias: Tensor | float
    apply: LinearMap
    adjoint: Callable[[Tensor], Tensor]
    channel: int
    convolution: bool
    surroundings: Surroundings | None
    gain: Callable[[], Tensor]
    name: str
    depth: int

    @property
    def inputs(self) -> Tensor:
        return self.source.detach()

    def folded(self, gain: Tensor | float, shift: Tensor | float, output: Tensor) -> "Layer | None":
        """This layer with z * gain + shift = `output` in place of z; None where gain is not one number a channel."""
        factor = torch.as_tensor(gain, dtype=self.weight.dtype, device=self.weight.device)
        if output.shape != self.output.shape or not self._per_channel(factor):
            return None
        rows = factor.reshape(-1, *[1] * (self.weight.ndim - 1))
        return replace(
            self,
            output=output,
            total=output,
            weight=self.weight * rows,
            bias=self.bias * factor + shift,
            adjoint=lambda upper: self.adjoint(upper * factor),
        )

    def unbiased(self) -> "Layer":
        """This layer with its bias taken out of what rules divide by."""
        return replace(self, total=self.total - self.bias, bias=0.0)

    def _per_channel(self, factor: Tensor) -> bool:
        shape = (1,) * (self.output.ndim - factor.ndim) + tuple(factor.shape)
        return len(shape) == self.output.ndim and all(n == 1 for i, n in enumerate(shape) if i != self.channel)


@dataclass(frozen=True, eq=False)
class Term:
    """One linear term of a rule: `layer` with other inputs and another weight.

    total: its outputs.
    """

    inputs: Tensor
    leaf: Tensor
    graph: Tensor

    @classmethod
    def of(cls, layer: Layer, inputs: Tensor, weight: Tensor) -> "Term":
        with torch.enable_grad():
            leaf = inputs.detach().requires_grad_()
            return cls(inputs, leaf, layer.apply(leaf, weight))

    @property
    def total(self) -> Tensor:
        return self.graph.detach()

    def pull(self, upper: Tensor) -> Tensor:
        """How much each input contributed, every output weighted by `upper`; can be asked once."""
        (gradient,) = torch.autograd.grad(self.graph, self.leaf, upper)
        return gradient.mul_(self.inputs)
