"""DeconvNet."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from torch import Tensor

from whybench.explanations import Polarity
from whybench.methods.attribution.backpropagation.rectifiers import deconvolved, rectified_descent, rectified_gradient
from whybench.passes import Passes
from whybench.protocols import AttributionMethod, Query
from whybench.protocols.propagation import LayerRelevance
from whybench.registries import register


@register
@dataclass(frozen=True)
class DeconvNet(AttributionMethod):
    """The gradient, with ReLU applied to what comes down at every ReLU instead of its derivative.

    At y = ReLU(z) or ReLU6(z), R_z = (R_y)+, whatever z is; transposed filters and the switches of max pools (the
    derivative) everywhere else, starting from 1 at the explained output; shaped like the inputs, in units of output
    per unit of input. Every rectifier that runs counts: modules, one module used twice, functional and in-place calls.

    Raises Unsupported for a model without a ReLU, for activations of which the definition does not speak, and for
    comparisons of inner values with constants, by which a ReLU could be written (where, masks, maximum, abs).

    Source: zeiler2014.

    >>> import torch
    >>> net = torch.nn.Sequential(torch.nn.Linear(1, 2, bias=False), torch.nn.ReLU(), torch.nn.Linear(2, 1, bias=False))
    >>> _ = net[0].weight.data.copy_(torch.tensor([[2.0], [-3.0]]))
    >>> _ = net[2].weight.data.copy_(torch.tensor([[1.0, 1.0]]))
    >>> DeconvNet().attribute(net, torch.ones(1, 1)).tolist()
    [[-1.0]]
    """

    name: ClassVar[str] = "deconvnet"
    reference: ClassVar[str] = "zeiler2014"
    needs: ClassVar[frozenset[str]] = frozenset({"gradients"})
    signed: ClassVar[bool] = False
    closed_form: ClassVar[str | None] = "deconvnet"
    passes_each: ClassVar[Passes | None] = Passes(1, 1)

    polarity: Polarity = field(default="sensitivity", kw_only=True)

    def relevance(self, query: Query) -> Tensor:
        return rectified_gradient(query, deconvolved)

    def propagated(self, query: Query, starts: Tensor) -> Iterator[list[LayerRelevance]]:
        return rectified_descent(query, starts, deconvolved)
