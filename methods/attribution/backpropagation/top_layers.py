"""A rule of its own for the first step down from the explained output."""

from dataclasses import dataclass

from torch import Tensor

from whybench.methods.attribution.backpropagation.composites import Composite
from whybench.methods.attribution.backpropagation.layers import Layer
from whybench.methods.attribution.backpropagation.propagation import Propagation
from whybench.methods.attribution.backpropagation.ruled import ruled
from whybench.methods.attribution.backpropagation.rules import Rule
from whybench.methods.attribution.backpropagation.traces import Trace


@dataclass(eq=False)
class LayerStep:
    """The backward pass of one layer: by `top` next to the explained output, by `rule` elsewhere."""

    layer: Layer
    rule: Rule
    top: Rule
    on_top: bool = False

    def __call__(self, relevance: Tensor) -> tuple[Tensor]:
        return ((self.top if self.on_top else self.rule)(self.layer, relevance),)


@dataclass(frozen=True, eq=False)
class Top:
    """What lies between the explained output and the layers next to it.

    steps: those layers; direct: whether outputs of theirs are the explained ones, only copied.
    """

    steps: list[LayerStep]
    direct: bool

    @classmethod
    def below(cls, explained: Tensor) -> "Top":
        """Read off autograd's graph once the forward pass has run, so that branches that lead nowhere do not count."""
        steps, direct = [], True
        waiting, seen = [explained.grad_fn], {explained.grad_fn}
        while waiting:
            node = waiting.pop()
            rule = getattr(node, "rule", None)
            if isinstance(rule, LayerStep):
                steps.append(rule)
                continue
            direct = direct and rule is None
            for lower in () if node is None else (lower for lower, _ in node.next_functions):
                if lower not in seen:
                    seen.add(lower)
                    waiting.append(lower)
        return cls(steps, direct)

    def mark(self) -> None:
        for step in self.steps:
            step.on_top = True


class TopDownPropagation(Propagation):
    """A propagation without biases whose layers become `LayerStep`s, to be marked before the backward pass."""

    def __init__(self, composite: Composite, top: Rule, leaf: Tensor, bounds: tuple[Tensor, Tensor] | None) -> None:
        super().__init__(composite, leaf, bounds, bias=False)
        self.top = top

    def _ruled_layer(self, layer: Layer) -> Tensor:
        counted = layer.unbiased()
        step = LayerStep(counted, self.composite.rule(counted), self.top)
        return self._made(Trace(ruled(layer.output, step, layer.source), first=False, layer=layer))
