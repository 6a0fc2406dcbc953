"""DeepLIFT's RevealCancel rule: positive and negative differences passed through an activation apart."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torch import Tensor

from whybench.methods.attribution.backpropagation.calls import Call
from whybench.methods.attribution.backpropagation.rescale import slope
from whybench.methods.attribution.backpropagation.ruled import ruled


@dataclass(frozen=True, eq=False)
class Dense:
    """A fully connected layer z = W a + b as it ran: a with its graph, and its change from the baseline."""

    source: Tensor
    change: Tensor
    weight: Tensor

    @classmethod
    def of(cls, call: Call, before: Sequence[Tensor]) -> "Dense | None":
        """What `call` is as a fully connected layer with constant weights; None where it is none."""
        if call.name not in WEIGHTS or len(before) != 1:
            return None
        source, weight = WEIGHTS[call.name](*call.args, **call.kwargs)
        if not source.requires_grad or weight.requires_grad or weight.ndim != 2:
            return None
        return cls(source, source.detach() - before[0], weight.detach())

    def activated(self, call: Call, base: Tensor) -> Tensor:
        """f(z) as a function of a, with base = z at the baseline.

        The positive and the negative terms of W (a - a_b) are z+ and z-; each has the effect on f that it has before
        and after the other, averaged: m+ = [f(b + z+) - f(b) + f(b + z- + z+) - f(b + z-)] / (2 z+), m- likewise.
        """
        a, up, down = self.change, self.weight.clamp(min=0), self.weight.clamp(max=0)
        rising, falling = a.clamp(min=0), a.clamp(max=0)
        plus, minus = base + rising @ up.T + falling @ down.T, base + rising @ down.T + falling @ up.T
        z, value = call.dependent[0].detach(), call.value()

        def function(at: Tensor) -> Tensor:
            result: Tensor = call.on([at])
            return result

        of_plus = (slope(function, plus, function(plus), base) + slope(function, z, value, minus)) / 2
        of_minus = (slope(function, minus, function(minus), base) + slope(function, z, value, plus)) / 2

        def backward(upper: Tensor) -> tuple[Tensor]:
            high, low = upper * of_plus, upper * of_minus
            rise, fall = high @ up + low @ down, low @ up + high @ down
            return ((rise * (a > 0) + fall * (a < 0)) + (rise + fall) / 2 * (a == 0),)

        return ruled(value, backward, self.source)


def _linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> tuple[Tensor, Tensor]:
    return input, weight


def _matmul(input: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
    return input, other.T if other.ndim == 2 else other


def _addmm(input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: float = 1, alpha: float = 1) -> tuple[Tensor, Tensor]:
    return mat1, mat2.T * alpha


WEIGHTS: dict[str, Callable[..., tuple[Tensor, Tensor]]] = {
    "linear": _linear,
    "matmul": _matmul,
    "mm": _matmul,
    "addmm": _addmm,
}
"""What is read, and the weight, outputs first; by operation."""
