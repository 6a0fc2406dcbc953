"""DeepLIFT."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor

from whybench.errors import BadParameter
from whybench.methods.attribution.backpropagation.differences import multipliers
from whybench.passes import Passes
from whybench.protocols import AttributionMethod, Query
from whybench.registries import register


@register
@dataclass(frozen=True)
class DeepLift(AttributionMethod):
    """What every feature adds to the output's difference from a baseline, unit by unit.

    R_i = (x_i - b_i) m_i; the multipliers m multiply and add up over paths as derivatives do, except that a unit's is
    its finite change, and sum_i R_i = f_c(x) - f_c(b) exactly; shaped like the inputs, in units of the output. The
    baseline b is the domain's (zero unless told otherwise), or one of its infills with every feature removed.

    Affine operations keep their gradient. A function of single numbers has m = (f(z) - f(z_b)) / (z - z_b) (Rescale);
    where z and z_b, and f(z) and f(z_b) too, agree relatively to sqrt(machine epsilon), 1.5e-8 in float64, its
    derivative halfway; at rectifiers, where rounding does no harm, only where z = z_b. Max pooling gives all of its
    change to the winner, products give each factor the mean of the other. Softmax (exp(z - log sum exp z)) and
    layer, group, instance and RMS normalisation are taken apart into such steps. Every operation that runs counts,
    whether module, function, in place or used twice.

    rule:
        rescale: the above.
        reveal_cancel: at activations that read a fully connected layer, the positive and the negative part z+ and z- of
            that layer's change are passed apart, each with the effect that it has on f before and after the other,
            averaged; rescale elsewhere (convolutions).
    baseline: an infill's name, or None for the domain's baseline.

    Raises Unsupported, naming the operation, for recurrent layers, fused attention and others without a rule, where
    masks or control flow differ between input and baseline, for parts that cannot be seen (scripted modules, custom
    autograd functions), and with reveal_cancel for models without such an activation.

    Source: shrikumar2017.

    >>> net = torch.nn.Sequential(torch.nn.Linear(1, 1), torch.nn.ReLU(), torch.nn.Linear(1, 1, bias=False)).double()
    >>> for parameter, value in zip(net.parameters(), (1.0, -10.0, 2.0)):
    ...     _ = parameter.data.fill_(value)
    >>> DeepLift().attribute(net, torch.tensor([[10.5]], dtype=torch.float64)).tolist()  # f = 2 relu(x - 10)
    [[1.0]]
    """

    name: ClassVar[str] = "deep_lift"
    reference: ClassVar[str] = "shrikumar2017"
    needs: ClassVar[frozenset[str]] = frozenset({"gradients"})
    complete: ClassVar[str | None] = "f(x) - f(baseline)"
    passes_each: ClassVar[Passes | None] = Passes(2, 1)

    rule: Literal["rescale", "reveal_cancel"] = "rescale"
    baseline: str | None = None

    def __post_init__(self) -> None:
        if self.rule not in ("rescale", "reveal_cancel"):
            raise BadParameter(f"deep_lift: rule={self.rule!r}; allowed: rescale, reveal_cancel")

    @property
    def closed_form(self) -> str | None:
        return "deep_lift" if self.baseline is None and self.rule == "rescale" else None

    def relevance(self, query: Query) -> Tensor:
        baseline = query.baseline(self.baseline)
        cancel = self.rule == "reveal_cancel"
        multiplier = torch.empty_like(query.inputs)
        for sample, _ in query.each(1):
            multiplier[sample] = multipliers(query, query.inputs[sample], baseline[sample], sample, cancel)
        return (query.inputs - baseline) * multiplier
