"""Layer-wise relevance propagation."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import ClassVar, Literal, get_args

import torch
from torch import Tensor

from whybench.errors import BadParameter, Unsupported, shown
from whybench.methods.attribution.backpropagation.backpropagate import watched
from whybench.methods.attribution.backpropagation.bounds import Bound, per_channel
from whybench.methods.attribution.backpropagation.composites import COMPOSITES, Composite
from whybench.methods.attribution.backpropagation.contrast import Contrast, start
from whybench.methods.attribution.backpropagation.descent import Arrivals, descended
from whybench.methods.attribution.backpropagation.grammar import Grammar
from whybench.methods.attribution.backpropagation.layer_rules import (
    ZB,
    AlphaBeta,
    Bounded,
    Epsilon,
    Flat,
    Gamma,
    Pass,
    WSquare,
    ZPlus,
)
from whybench.methods.attribution.backpropagation.module_tensors import ModuleTensors
from whybench.methods.attribution.backpropagation.propagation import Canonise, Propagation
from whybench.methods.attribution.backpropagation.recording import module_names
from whybench.methods.attribution.backpropagation.rules import STABILISER
from whybench.passes import Passes
from whybench.protocols import AttributionMethod, Query
from whybench.protocols.propagation import LayerRelevance
from whybench.registries import register

__all__ = ["ZB", "AlphaBeta", "Bounded", "Composite", "Epsilon", "Flat", "Gamma", "Lrp", "Pass", "WSquare", "ZPlus"]

CompositeName = Literal["epsilon", "epsilon_plus", "epsilon_gamma_box", "epsilon_alpha2_beta1_flat", "deep_taylor"]
RULES = (ZB, AlphaBeta, Bounded, Epsilon, Flat, Gamma, Pass, WSquare, ZPlus)


@register
@dataclass(frozen=True)
class Lrp(AttributionMethod):
    """Layer-wise relevance propagation: the explained output, shared out backwards in proportion to contributions.

    R_k = f_c(x) at the target, then layer by layer R_j = sum_k (contribution of j to k) / (all contributions to k) R_k,
    by a rule a layer (`backpropagation.rules`); shaped like the inputs, in units of the output. Sums to f_c where no
    rule on the way has a bias, up to what epsilon absorbs.

    composite: which rules: a `Composite` of one's own (by layer name, depth, type), or a name.
        epsilon: LRP-epsilon everywhere, sums and average pools included; as epsilon falls to 0 it is input x gradient
            on networks of ReLU, leaky ReLU, max and average pools.
        epsilon_plus: z+ at convolutions, epsilon at fully connected layers.
        epsilon_gamma_box: zB at a first convolution, gamma = 0.25 at the others, epsilon at fully connected layers.
        epsilon_alpha2_beta1_flat: flat at a first layer, alpha = 2 and beta = 1 at convolutions, epsilon at fully
            connected layers.
        deep_taylor: z+ everywhere, sums and average pools included; zB at a first layer, or w2 without bounds.
        In the three in the middle sums and average pools share in proportion to what they add. First layers are those
        that no other layer lies below. Activations pass relevance on (ReLU6 too where it is saturated, where the
        gradient is 0), max pools give it to the winner, and BatchNorm is part of the layer right before it, or else of
        the next one, as `canonise` says.
    epsilon: of the named composites' epsilon rule; 1e-6 stabilises all the others.
    bias: whether the bias counts in what rules divide by (z+: its positive part; alpha-beta: both parts; zB, flat and
        w2: never) and so absorbs relevance.
    low, high: bounds of the inputs for zB, one number or one a channel; None takes the domain's.
    canonise: how BatchNorm (or any x -> g x + c) that no layer comes right before reaches the next layer W, b over
        activations f, pools, sums and padding (BN -> ReLU -> conv, conv -> ReLU -> BN -> pool -> conv):
        scale: f(g x + c) = r g x + r c with r = f(g x + c) / (g x + c); W reads r g x, and W r c joins b, a bias of its
            own at every position, since padding adds none of it. What a ReLU switches off gets nothing.
        threshold: f(g x + c) = (f(g x + c) - c) + c; W reads the thresholded g x, and W c joins b. Units that a ReLU
            switches off have the value -c and their share.
        none: the constant takes its share where it is added, by the epsilon rule.
    contrast: what speaks for the target rather than for other classes.
        none: relevance starts as f_c at the target.
        others: and as -f_c / (classes - 1) at each other class; sums to 0 without biases. CLRP1, without its cut at 0.
            (CLRP2 is none, with AlphaBeta(1, 1) at the last layer and ZPlus() below.)
        strongest: and as -f_s at s, the strongest other class; sums to f_c - f_s without biases.
    layer: the name of a module whose output's relevance is wanted, channels summed to (n, 1, height, width), on its own
        grid; None for the inputs. `relevance_at` gives any layer's relevance as it is.

    Raises Unsupported, naming the operation, for models with operations that have no rule, with parts that cannot be
    seen (scripted modules, custom autograd functions), or without bounds where zB needs them; UnknownName for layers
    that the model does not have.

    Source: bach2015; composites: montavon2019, kohlbrenner2020, anders2021; deep_taylor: montavon2017; threshold:
    pahde2023; others: gu2018.

    >>> linear = torch.nn.Linear(2, 1, bias=False, dtype=torch.float64)
    >>> _ = linear.weight.data.copy_(torch.tensor([[2.0, -3.0]]))
    >>> x = torch.ones(1, 2, dtype=torch.float64)
    >>> Lrp(epsilon=0.0).attribute(linear, x).tolist()
    [[2.0, -3.0]]
    >>> net = torch.nn.Sequential(torch.nn.Identity(), linear)
    >>> relevance = Lrp(Composite(linear=Epsilon(0.0), layers={"1": Gamma(0.5)})).attribute(net, x)
    >>> [round(value, 5) for value in relevance[0].tolist()]
    [0.8, -1.8]
    """

    name: ClassVar[str] = "lrp"
    reference: ClassVar[str] = "bach2015"
    needs: ClassVar[frozenset[str]] = frozenset({"gradients"})
    passes_each: ClassVar[Passes | None] = Passes(1, 1)

    composite: CompositeName | Composite = "epsilon_plus"
    epsilon: float = STABILISER
    bias: bool = True
    low: Bound | None = None
    high: Bound | None = None
    canonise: Canonise = "scale"
    contrast: Contrast = "none"
    layer: str | None = None

    def __post_init__(self) -> None:
        if isinstance(self.composite, Composite):
            for rule in self.composite.rules():
                if type(rule) not in RULES:
                    names = ", ".join(known.__name__ for known in RULES)
                    raise BadParameter(f"lrp: composite with the rule {shown(rule)}; allowed: {names}")
            if self.epsilon != STABILISER:
                raise BadParameter(
                    f"lrp: epsilon={self.epsilon} beside a Composite; write Epsilon({self.epsilon}) in it"
                )
        elif self.composite not in COMPOSITES:
            allowed = ", ".join(get_args(CompositeName))
            raise BadParameter(f"lrp: composite={self.composite!r}; allowed: {allowed}, or a Composite")
        for name, choices in (("canonise", Canonise), ("contrast", Contrast)):
            if getattr(self, name) not in get_args(choices):
                allowed = ", ".join(get_args(choices))
                raise BadParameter(f"lrp: {name}={getattr(self, name)!r}; allowed: {allowed}")
        if not (isfinite(self.epsilon) and self.epsilon >= 0):
            raise BadParameter(f"lrp: epsilon={self.epsilon}; a finite number of at least 0 is needed")
        for name in ("low", "high"):
            if isinstance(getattr(self, name), list):
                object.__setattr__(self, name, tuple(getattr(self, name)))  # a frozen value is hashable

    @property
    def closed_form(self) -> str | None:
        named = isinstance(self.composite, str) and self == Lrp(self.composite)
        return f"lrp {self.composite}" if named else None

    def relevance(self, query: Query) -> Tensor:
        if self.layer is None:
            (relevance,) = self.relevances(query, (), "input")
            return relevance
        (relevance,) = self.relevances(query, (self.layer,), "output")
        if (
            query.inputs.ndim != 4
            or relevance.ndim != 4
            or any(own > whole for own, whole in zip(relevance.shape[2:], query.inputs.shape[2:], strict=True))
        ):
            raise Unsupported(
                f"the output of layer {self.layer!r}, {tuple(relevance.shape[1:])}, is no map of inputs of shape "
                f"{tuple(query.inputs.shape[1:])}, or a finer one; relevance_at gives it as it is"
            )
        return relevance.sum(1, keepdim=True)

    def relevances(self, query: Query, layers: Sequence[str], at: Literal["input", "output"]) -> list[Tensor]:
        """The relevance at each of these modules, in their order, shaped like what they read or make; of the inputs
        where none is named."""
        parts = [self._of_rows(query, sample, layers, at) for sample, _ in query.each(1)]
        return [torch.cat(part) for part in zip(*parts, strict=True)]

    @torch.enable_grad()
    def _of_rows(
        self, query: Query, sample: Tensor, layers: Sequence[str], at: Literal["input", "output"]
    ) -> list[Tensor]:
        leaf = query.inputs[sample].detach().requires_grad_()
        propagation = self._propagation(query, leaf)
        noted = ModuleTensors(Grammar(propagation), query.model.module, layers)
        outputs = watched(query, leaf, noted if layers else noted.interpreter)
        propagation.composite.check_names(propagation.layer_names)
        relevance = start(self.contrast, query.model, outputs, query.targets[sample])
        if not layers:
            return list(torch.autograd.grad(outputs, leaf, relevance))
        found = noted.tensors(at)
        arrivals = [propagation.arrivals(found[name]) for name in layers]
        flat = [there for group in arrivals for there in group]
        each = iter(torch.autograd.grad(outputs, flat, relevance, allow_unused=True, materialize_grads=True))
        return [sum((next(each) for _ in group[1:]), next(each)) for group in arrivals]

    def propagated(self, query: Query, starts: Tensor) -> Iterator[list[LayerRelevance]]:
        """The relevance at every layer, for given relevances of the outputs in the place of `contrast`'s."""

        def interpreter(leaf: Tensor) -> tuple[Grammar, Arrivals]:
            propagation = self._propagation(query, leaf)
            return Grammar(propagation), propagation.arrivals

        return descended(query, starts, interpreter)

    def _propagation(self, query: Query, leaf: Tensor) -> Propagation:
        bounds = self._bounds(query)
        box = None if bounds is None else (bounds[0].expand_as(leaf), bounds[1].expand_as(leaf))
        named = COMPOSITES[self.composite](self.epsilon) if isinstance(self.composite, str) else self.composite
        return Propagation(named, leaf, box, self.bias, self.canonise, module_names(query.model.module))

    def _bounds(self, query: Query) -> tuple[Tensor, Tensor] | None:
        """Lowest and highest inputs, (1, ...) each, or None where either is not known."""
        low = query.domain.low if self.low is None else self.low
        high = query.domain.high if self.high is None else self.high
        if low is None or high is None:
            return None
        one = query.inputs[:1]
        bounds = per_channel("low", low, one), per_channel("high", high, one)
        if not (bounds[0] < bounds[1]).all():
            raise BadParameter(f"lrp: low={self.low}, high={self.high}; every low bound must be below its high one")
        return bounds
