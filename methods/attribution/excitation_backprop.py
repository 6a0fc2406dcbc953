"""Excitation backpropagation."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from whybench.errors import Unsupported
from whybench.methods.attribution.backpropagation.backpropagate import backpropagate
from whybench.methods.attribution.backpropagation.descent import Arrivals, descended
from whybench.methods.attribution.backpropagation.exact import ExactComposite, Products, portion
from whybench.methods.attribution.backpropagation.grammar import Grammar
from whybench.methods.attribution.backpropagation.layers import Layer
from whybench.methods.attribution.backpropagation.top_layers import Top, TopDownPropagation
from whybench.passes import Passes
from whybench.protocols import AttributionMethod, Query
from whybench.protocols.propagation import LayerRelevance
from whybench.registries import register


@register
@dataclass(frozen=True)
class ExcitationBackprop(AttributionMethod):
    """The probability that a winner-take-all walk down from the explained output's unit ends at each input value.

    P(j) = sum_k P(j | k) P(k), P(j | k) = a_j w_jk+ / sum_i a_i w_ik+, from P = 1 at the target's unit; shaped like the
    inputs, without a unit, not negative. Sums to 1 as long as every unit on the way has a positive contribution from
    below; one that only its bias makes positive ends the walk. It is LRP's z+ rule everywhere, started from 1, with
    neither biases nor stabilisers.

    Units are taken to respond with values that are not negative, as after ReLU. Where an inner layer, addition or
    average pool reads negative values (linear bottlenecks, leaky ReLU), those count as 0: they never win. Only inputs
    of the model itself, which have no resting level, win by either sign: P(j | k) is there in proportion to
    (x_j w_jk)+. The paper reads maps at inner layers; here they are read at the input. Max pools hand the walk to the
    winner and activations pass it on (ReLU6 too). BatchNorm is part of the layer right before or after it, so that a
    negative scale turns excitation into inhibition, and passes the walk on elsewhere.

    contrastive: c-EBP, the walk from the target's unit minus that from its dual unit, whose weights are negated, each
        of them a probability at the layer below; their difference goes on down by the same rule, which is linear, and
        is cut off at 0 when it is read at the input, so that the map sums to at most 1.

    Raises Unsupported, naming the operation, for models with operations that have no rule (GELU, SiLU, LayerNorm,
    softmax, ...) or with parts that cannot be seen, and if contrastive, where the explained output is not an output of
    one fully connected layer.

    Source: zhang2018.

    >>> net = torch.nn.Sequential(torch.nn.Linear(2, 2, bias=False), torch.nn.ReLU(), torch.nn.Linear(2, 1, bias=False))
    >>> _ = net[0].weight.data.copy_(torch.tensor([[1.0, 3.0], [1.0, 0.0]]))
    >>> _ = net[2].weight.data.copy_(torch.tensor([[1.0, -2.0]]))
    >>> ExcitationBackprop().attribute(net, torch.ones(1, 2)).tolist()
    [[0.25, 0.75]]
    >>> ExcitationBackprop(contrastive=True).attribute(net, torch.ones(1, 2)).tolist()
    [[0.0, 0.75]]
    """

    name: ClassVar[str] = "excitation_backprop"
    reference: ClassVar[str] = "zhang2018"
    needs: ClassVar[frozenset[str]] = frozenset({"gradients"})
    signed: ClassVar[bool] = False
    passes_each: ClassVar[Passes | None] = Passes(1, 1)

    contrastive: bool = False

    @property
    def closed_form(self) -> str | None:
        return None if self.contrastive else "excitation_backprop"

    def relevance(self, query: Query) -> Tensor:
        composite = ExactComposite(winning, winning, part=_excited)
        top = contrast if self.contrastive else winning

        def grammar(leaf: Tensor) -> Grammar:
            return Grammar(TopDownPropagation(composite, top, leaf, None))

        relevance = backpropagate(query, grammar, self._start)
        return _excited(relevance) if self.contrastive else relevance

    def propagated(self, query: Query, starts: Tensor) -> Iterator[list[LayerRelevance]]:
        if self.contrastive:
            raise Unsupported("excitation_backprop(contrastive=True) starts at one unit and its dual, and nowhere else")

        def interpreter(leaf: Tensor) -> tuple[Grammar, Arrivals]:
            propagation = TopDownPropagation(ExactComposite(winning, winning, part=_excited), winning, leaf, None)
            return Grammar(propagation), propagation.arrivals

        return descended(query, starts, interpreter)

    def _start(self, explained: Tensor) -> Tensor:
        if self.contrastive:
            top = Top.below(explained)
            last = [step.layer for step in top.steps]
            if not (top.direct and len(last) == 1 and not last[0].convolution and last[0].output.ndim == 2):
                raise Unsupported(
                    "excitation_backprop(contrastive=True) needs a model whose outputs are those of one fully "
                    "connected layer, to take the dual of; contrastive=False does not"
                )
            top.mark()
        return torch.ones_like(explained)


def winning(layer: Layer, relevance: Tensor) -> Tensor:
    """P(j | k) P(k), summed over k."""
    if layer.surroundings is None:
        layer = replace(layer, source=_excited(layer.inputs))
    products = Products.positive(layer)
    return products.pull(portion(relevance, products.total))


def contrast(layer: Layer, relevance: Tensor) -> Tensor:
    """The winning probabilities below a unit minus those below its dual unit."""
    return winning(layer, relevance) - winning(replace(layer, weight=layer.weight.neg()), relevance)


def _excited(values: Tensor) -> Tensor:
    return values.clamp(min=0)
