"""A layer call as pattern methods see it, and its backward pass."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from whybench.methods.attribution.patterns.windows import LARGEST, Part, Windows


@dataclass(frozen=True, eq=False)
class PatternLayer:
    """z = w.x + b for all windows x of `source`; constant factors and summands right after the layer are folded in.

    name: the layer's place among those of a forward pass, and its operation.
    source: what is read, with the graph that relevance goes back through; output: z as it ran.
    weight: outputs first, float64; bias: (outputs,) float64; channel: the dimension of z that weight's first one makes.
    """

    name: str
    source: Tensor
    output: Tensor
    weight: Tensor
    bias: Tensor
    windows: Windows
    channel: int

    @property
    def units(self) -> Tensor:
        """The weights as (groups, neurons, d)."""
        return self.by_group(self.weight)

    def by_group(self, values: Tensor) -> Tensor:
        """Values shaped like the weight (or the bias) as (groups, neurons, d) (or (groups, neurons))."""
        shape = (self.windows.groups, -1, self.weight[0].numel()) if values.ndim > 1 else (self.windows.groups, -1)
        return values.reshape(shape)

    def parts(self) -> Iterator[Part]:
        """The patches that the neurons read; neither they nor the outputs for them exceed LARGEST values a part."""
        _, neurons, read = self.units.shape
        return self.windows.parts(self.source.detach(), max(1, LARGEST * read // max(read, neurons)))

    def folded(self, gain: Tensor | float, shift: Tensor | float, output: Tensor) -> "PatternLayer | None":
        """This layer with z * gain + shift = `output` in place of z; None where they are not one number a channel."""
        factor, summand = self.per_channel(gain), self.per_channel(shift)
        if output.shape != self.output.shape or factor is None or summand is None:
            return None
        return replace(
            self,
            name=f"{self.name}.folded",
            output=output,
            weight=self.weight * factor.reshape(-1, *[1] * (self.weight.ndim - 1)),
            bias=self.bias * factor + summand,
        )

    def per_channel(self, value: Tensor | float) -> Tensor | None:
        """What broadcasts against z as (outputs,) float64, or None where it differs within a channel."""
        given = torch.as_tensor(value, dtype=torch.float64, device=self.weight.device)
        shape = (1,) * (self.output.ndim - given.ndim) + tuple(given.shape)
        if len(shape) != self.output.ndim or any(n != 1 for i, n in enumerate(shape) if i != self.channel):
            return None
        return given.reshape(-1).expand(len(self.weight))

    def pull(self, direction: Tensor, upper: Tensor) -> Tensor:
        """sum_k direction_jk upper_k: the gradient with respect to `source` if `direction` were the weight."""
        return self.windows.adjoint(self.source.shape, direction.to(upper.dtype), upper)


@dataclass(frozen=True, eq=False)
class Step:
    """The backward pass of one layer: through what `direction` puts in the place of its weight."""

    layer: PatternLayer
    direction: Callable[[PatternLayer], Tensor]

    def __call__(self, upper: Tensor) -> tuple[Tensor]:
        return (self.layer.pull(self.direction(self.layer), upper),)


def layers_below(output: Tensor) -> list[PatternLayer]:
    """The layers that lead to `output`, in the order in which they ran."""
    found: dict[str, PatternLayer] = {}
    waiting, seen = [output.grad_fn], {output.grad_fn}
    while waiting:
        node = waiting.pop()
        rule = getattr(node, "rule", None)
        if isinstance(rule, Step):
            found[rule.layer.name] = rule.layer
        for lower in () if node is None else (lower for lower, _ in node.next_functions):
            if lower not in seen:
                seen.add(lower)
                waiting.append(lower)
    return sorted(found.values(), key=lambda layer: (int(layer.name.split(".")[0]), layer.name))
