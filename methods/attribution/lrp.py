"""Layer-wise relevance propagation."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import ClassVar, Literal, get_args

import torch
from torch import Tensor

from whybench.errors import BadParameter
from whybench.methods.attribution.backpropagation.backpropagate import backpropagate
from whybench.methods.attribution.backpropagation.composites import COMPOSITES
from whybench.methods.attribution.backpropagation.grammar import Grammar
from whybench.methods.attribution.backpropagation.propagation import Propagation
from whybench.protocols import AttributionMethod, Query
from whybench.registries import register

CompositeName = Literal["epsilon", "epsilon_plus", "epsilon_gamma_box", "epsilon_alpha2_beta1_flat", "deep_taylor"]
Bound = Tensor | float | Sequence[float] | None


@register
@dataclass(frozen=True)
class Lrp(AttributionMethod):
    """Layer-wise relevance propagation: the explained output, shared out backwards in proportion to contributions.

    R_k = f_c(x) at the target, then layer by layer R_j = sum_k (contribution of j to k) / (all contributions to k) R_k,
    by a rule a layer (`backpropagation.rules`); shaped like the inputs, in units of the output. Sums to f_c where no
    rule on the way has a bias, up to what epsilon absorbs.

    composite: which rules.
        epsilon: LRP-epsilon everywhere, sums and average pools included; as epsilon falls to 0 it is input x gradient
            on networks of ReLU, leaky ReLU, max and average pools.
        epsilon_plus: z+ at convolutions, epsilon at fully connected layers.
        epsilon_gamma_box: zB at a first convolution, gamma = 0.25 at the others, epsilon at fully connected layers.
        epsilon_alpha2_beta1_flat: flat at a first layer, alpha = 2 and beta = 1 at convolutions, epsilon at fully
            connected layers.
        deep_taylor: z+ everywhere, sums and average pools included; zB at a first layer, or w2 without bounds.
        In the three in the middle sums and average pools share in proportion to what they add. First layers are those
        that no other layer lies below. Activations pass relevance on (ReLU6 too where it is saturated, where the
        gradient is 0), max pools give it to the winner, and BatchNorm is part of the layer before it, or else of the
        layer right after it.
    epsilon: of the epsilon rule; 1e-6 stabilises all the others.
    bias: whether the bias counts in what rules divide by (z+: its positive part; alpha-beta: both parts; zB, flat and
        w2: never) and so absorbs relevance.
    low, high: bounds of the inputs for zB, one number or one a channel; None takes the domain's.

    Raises Unsupported, naming the operation, for models with operations that have no rule, with parts that cannot be
    seen (scripted modules, custom autograd functions), or without bounds where zB needs them.

    Source: bach2015; composites: montavon2019, kohlbrenner2020, anders2021; deep_taylor: montavon2017.

    >>> linear = torch.nn.Linear(2, 1, bias=False, dtype=torch.float64)
    >>> _ = linear.weight.data.copy_(torch.tensor([[2.0, -3.0]]))
    >>> Lrp(epsilon=0.0).attribute(linear, torch.ones(1, 2, dtype=torch.float64)).tolist()
    [[2.0, -3.0]]
    """

    name: ClassVar[str] = "lrp"
    reference: ClassVar[str] = "bach2015"
    needs: ClassVar[frozenset[str]] = frozenset({"gradients"})

    composite: CompositeName = "epsilon_plus"
    epsilon: float = 1e-6
    bias: bool = True
    low: Bound = None
    high: Bound = None

    def __post_init__(self) -> None:
        if self.composite not in COMPOSITES:
            allowed = ", ".join(get_args(CompositeName))
            raise BadParameter(f"lrp: composite={self.composite!r}; allowed: {allowed}")
        if not (isfinite(self.epsilon) and self.epsilon >= 0):
            raise BadParameter(f"lrp: epsilon={self.epsilon}; a finite number of at least 0 is needed")
        for name in ("low", "high"):
            if isinstance(getattr(self, name), list):
                object.__setattr__(self, name, tuple(getattr(self, name)))  # a frozen value is hashable

    def relevance(self, query: Query) -> Tensor:
        composite = COMPOSITES[self.composite](self.epsilon)
        bounds = self._bounds(query)

        def grammar(leaf: Tensor) -> Grammar:
            box = None if bounds is None else (bounds[0].expand_as(leaf), bounds[1].expand_as(leaf))
            return Grammar(Propagation(composite, leaf, box, self.bias))

        return backpropagate(query, grammar, Tensor.detach)

    def _bounds(self, query: Query) -> tuple[Tensor, Tensor] | None:
        """Lowest and highest inputs, (1, ...) each, or None where either is not known."""
        low = query.domain.low if self.low is None else self.low
        high = query.domain.high if self.high is None else self.high
        if low is None or high is None:
            return None
        one = query.inputs[:1]
        bounds = _per_channel("low", low, one), _per_channel("high", high, one)
        if not (bounds[0] < bounds[1]).all():
            raise BadParameter(f"lrp: low={self.low}, high={self.high}; every low bound must be below its high one")
        return bounds


def _per_channel(name: str, value: Tensor | float | Sequence[float], one: Tensor) -> Tensor:
    bound = torch.as_tensor(value).to(one)
    bound = bound.reshape(-1, *[1] * (one.ndim - 2)) if bound.ndim == 1 else bound
    try:
        return bound.expand_as(one)
    except RuntimeError:
        raise BadParameter(
            f"lrp: {name} of shape {tuple(bound.shape)} for inputs of shape {tuple(one.shape[1:])}; give one number or "
            "one a channel"
        ) from None
