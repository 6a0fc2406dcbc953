"""Composites: which rule each layer has."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from torch import Tensor

from whybench.errors import Unsupported
from whybench.methods.attribution.backpropagation import rules
from whybench.methods.attribution.backpropagation.layers import Layer
from whybench.methods.attribution.backpropagation.rules import STABILISER, Rule, share

Split = Callable[[Tensor, Sequence[Tensor]], tuple[Tensor, ...]]


@dataclass(frozen=True)
class Composite:
    """The rules of a whole network.

    first_convolution, first_linear: for layers that no other layer lies below; None for the same as elsewhere.
    positive_sums: whether additions and average pools share relevance by the positive parts of what they add (z+)
    or by all of it (epsilon), with `epsilon` in the denominator.
    """

    convolution: Rule
    linear: Rule
    first_convolution: Rule | None = None
    first_linear: Rule | None = None
    epsilon: float = STABILISER
    positive_sums: bool = False

    def rule(self, layer: Layer) -> Rule:
        """The rule of one layer; raises Unsupported where it needs bounds that are not known."""
        rule = self.convolution if layer.convolution else self.linear
        if layer.surroundings is None:
            return rule
        rule = (self.first_convolution if layer.convolution else self.first_linear) or rule
        if rule is rules.z_box and layer.surroundings.low is None:
            raise Unsupported(
                "the zB rule needs the bounds of what the first layer reads: pass low= and high= (one number, or one a "
                "channel) or a domain with bounds, and nothing but shifts, scalings and reshaping before that layer"
            )
        return rule

    def summands(self, parts: Sequence[Tensor]) -> list[Tensor]:
        """What of each part of a sum has a share in it."""
        return [part.clamp(min=0) for part in parts] if self.positive_sums else list(parts)

    def upper(self, relevance: Tensor, total: Tensor) -> Tensor:
        """The relevance of a sum for every unit that was added up."""
        return share(relevance, total, self.epsilon)


def _bounded(layer: Layer, relevance: Tensor) -> Tensor:
    """Deep Taylor's input rule: zB where the inputs are bounded, w2 where they are not."""
    known = layer.surroundings is not None and layer.surroundings.low is not None
    return rules.z_box(layer, relevance) if known else rules.w_square(layer, relevance)


def _epsilon(epsilon: float) -> Composite:
    everywhere = partial(rules.epsilon, epsilon=epsilon)
    return Composite(everywhere, everywhere, epsilon=epsilon)


def _epsilon_plus(epsilon: float) -> Composite:
    return Composite(rules.z_plus, partial(rules.epsilon, epsilon=epsilon))


def _epsilon_gamma_box(epsilon: float) -> Composite:
    return Composite(rules.gamma, partial(rules.epsilon, epsilon=epsilon), first_convolution=rules.z_box)


def _epsilon_alpha2_beta1_flat(epsilon: float) -> Composite:
    return Composite(rules.alpha_beta, partial(rules.epsilon, epsilon=epsilon), rules.flat, rules.flat)


def _deep_taylor(epsilon: float) -> Composite:
    return Composite(rules.z_plus, rules.z_plus, _bounded, _bounded, positive_sums=True)


COMPOSITES: Mapping[str, Callable[[float], Composite]] = {
    "epsilon": _epsilon,
    "epsilon_plus": _epsilon_plus,
    "epsilon_gamma_box": _epsilon_gamma_box,
    "epsilon_alpha2_beta1_flat": _epsilon_alpha2_beta1_flat,
    "deep_taylor": _deep_taylor,
}
"""epsilon -> composite, by name."""
