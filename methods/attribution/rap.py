"""Relative Attributing Propagation."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from whybench.methods.attribution.backpropagation import rules
from whybench.methods.attribution.backpropagation.backpropagate import backpropagate
from whybench.methods.attribution.backpropagation.descent import Arrivals, descended
from whybench.methods.attribution.backpropagation.exact import ExactComposite, Products, portion
from whybench.methods.attribution.backpropagation.grammar import Grammar
from whybench.methods.attribution.backpropagation.layers import Layer, Term
from whybench.methods.attribution.backpropagation.sample_wise import SampleWisePropagation
from whybench.methods.attribution.backpropagation.top_layers import Top
from whybench.passes import Passes
from whybench.protocols import AttributionMethod, Query
from whybench.protocols.propagation import LayerRelevance
from whybench.registries import register


@register
@dataclass(frozen=True)
class Rap(AttributionMethod):
    """Relative Attributing Propagation: how much each input value matters beside the others, the least negative.

    With z_jk = a_j w_jk, S+_k and S-_k the absolute sums over j of its positive and negative values, from R = f_c(x):

    1. At the layers next to the output, R_j = sum_k |z_jk| / (S+_k + S-_k) R_k: shares by absolute influence, all of
       the output's sign.
    2. At the layers below, r_j = sum_k (z_jk+ / S+_k + |z_jk-| / (S+_k + S-_k)) R_k, which is more than there was; then
       what is too much is taken from all units that got something alike, R_j = r_j - (sum r - sum R) / #{i: r_i != 0},
       one number a sample and layer, so that units of little influence become negative.
    3. At layers that read the input, zB within the domain's bounds (values beyond count as the bound), or w2 where it
       has none; no shift. A layer that is next to the output as well goes by 1.

    Shaped like the inputs, in units of the output. Every layer hands down what it gets, so that the map sums to f_c, up
    to units without an input to share with. Biases get nothing. Additions (residual ones too) and average pools share
    by absolute contributions, max pools give to the winner, activations pass on (ReLU6 too); BatchNorm is part of the
    layer right before or after it, and passes on elsewhere. What step 2 adds and the shift takes back grows from layer
    to layer: in very deep networks values of both signs far above the output cancel to it. The method was made for VGG
    and ResNet.

    On networks like VGG the authors' code does the same (given the bounds that it takes from the image), but for
    negative relevance in convolutions: there, though not in linear layers, it goes to negative contributions alone, so
    that maps differ for outputs below 0.

    Raises Unsupported, naming the operation, for models with operations that have no rule (GELU, SiLU, LayerNorm,
    softmax, ...), with parts that cannot be seen, or that move samples away from the first dimension.

    Source: nam2020.

    >>> import torch
    >>> net = torch.nn.Sequential(torch.nn.Linear(1, 2, bias=False), torch.nn.ReLU(), torch.nn.Linear(2, 1, bias=False))
    >>> _ = net[0].weight.data.copy_(torch.tensor([[1.0], [3.0]]))
    >>> _ = net[2].weight.data.copy_(torch.tensor([[2.0, -1.0]]))
    >>> Rap().attribute(net, torch.ones(1, 1), bounds=(0.0, 1.0)).tolist()
    [[-1.0]]
    """

    name: ClassVar[str] = "rap"
    reference: ClassVar[str] = "nam2020"
    needs: ClassVar[frozenset[str]] = frozenset({"gradients"})
    complete: ClassVar[str | None] = "f(x)"
    passes_each: ClassVar[Passes | None] = Passes(1, 1)

    def relevance(self, query: Query) -> Tensor:
        return backpropagate(query, lambda leaf: Grammar(_propagation(query, leaf)), _start)

    def propagated(self, query: Query, starts: Tensor) -> Iterator[list[LayerRelevance]]:
        def interpreter(leaf: Tensor) -> tuple[Grammar, Arrivals]:
            propagation = _propagation(query, leaf)
            return Grammar(propagation), propagation.arrivals

        return descended(query, starts, interpreter, ready=lambda outputs: Top.below(outputs).mark())


def _propagation(query: Query, leaf: Tensor) -> SampleWisePropagation:
    low, high = query.domain.low, query.domain.high
    box = None
    if low is not None and high is not None:
        box = query.domain.like(low, leaf), query.domain.like(high, leaf)
    return SampleWisePropagation(ExactComposite(relative, relative, bounded, bounded), absolute, leaf, box)


def absolute(layer: Layer, relevance: Tensor) -> Tensor:
    """R_j = sum_k |z_jk| R_k / sum_i |z_ik|."""
    products = Products.absolute(layer)
    return products.pull(portion(relevance, products.total))


def relative(layer: Layer, relevance: Tensor) -> Tensor:
    """r_j = sum_k (z_jk+ / S+_k + |z_jk-| / (S+_k + S-_k)) R_k, less the surplus in equal parts."""
    positive, negative = Products.positive(layer), Products.negative(layer)
    every = portion(relevance, positive.total + negative.total)
    return shifted(positive.pull(portion(relevance, positive.total)) + negative.pull(every), relevance)


def shifted(relevance: Tensor, upper: Tensor) -> Tensor:
    """Relevance that sums to what `upper` sums to in each row, by one number taken from all that is not 0.

    >>> import torch
    >>> shifted(torch.tensor([[3.0, 0.0, 1.0]]), torch.tensor([[2.0]])).tolist()
    [[2.0, 0.0, 0.0]]
    """
    active = relevance != 0
    surplus = relevance.flatten(1).sum(1) - upper.flatten(1).sum(1)
    shift = surplus / active.flatten(1).sum(1).clamp(min=1)
    return relevance - active * shift.reshape(-1, *[1] * (relevance.ndim - 1))


def bounded(layer: Layer, relevance: Tensor) -> Tensor:
    """zB, R_j = sum_k ((x_j - l_j)+ w_jk+ + (x_j - h_j)- w_jk-) R_k / (their sum); w2 without bounds."""
    around = layer.surroundings
    if around is None or around.low is None or around.high is None:
        return rules.w_square(layer, relevance, stabiliser=0.0)
    terms = (
        Term.of(layer, (layer.inputs - around.low).clamp(min=0), layer.weight.clamp(min=0)),
        Term.of(layer, (layer.inputs - around.high).clamp(max=0), layer.weight.clamp(max=0)),
    )
    upper = portion(relevance, terms[0].total + terms[1].total)
    return terms[0].pull(upper) + terms[1].pull(upper)


def _start(explained: Tensor) -> Tensor:
    Top.below(explained).mark()
    return explained.detach()
