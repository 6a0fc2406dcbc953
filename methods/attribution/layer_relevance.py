"""Relevance at the layers of a network."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal, get_args

import torch
from torch import Tensor, nn

from whybench.errors import BadParameter
from whybench.methods.attribution.lrp import Lrp
from whybench.protocols import AttributionMethod, Model, Query

At = Literal["input", "output"]
PLAIN = Lrp()


def relevance_at(
    module: nn.Module | Model,
    inputs: Tensor,
    targets: Tensor | Sequence[int] | int | None = None,
    *,
    layers: Sequence[str],
    lrp: Lrp = PLAIN,
    at: At = "output",
    bounds: tuple[Tensor | float, Tensor | float] | None = None,
    batch_size: int = 64,
) -> dict[str, Tensor]:
    """The relevance that arrives at what modules make, or at what they read, by name.

    layers: names of modules, as in `module.named_modules()`; "" is the whole. lrp: rules, contrast and canonisation.
    at: "output": of what the last operation in that module makes (in parts of it too); "input": of what the first one
    reads, from all operations that read it. Of a module that runs several times, what its first run reads and its last
    one makes. Tensors are shaped like what is made or read, rows first, in units of the model's output.

    Every cut through the network without biases holds the same sum, that of the map at the inputs; this map is also
    the relevance at the input of a first layer. Constants that canonisation moves on count where they end up: a
    convolution and its BatchNorm are one layer and have one output.

    Raises UnknownName, with close matches, for names that the module does not have, Unsupported for modules that run
    nothing, and what `Lrp` raises.

    Source: bach2015.

    >>> net = torch.nn.Sequential(torch.nn.Linear(1, 2, bias=False), torch.nn.ReLU(), torch.nn.Linear(2, 1, bias=False))
    >>> _ = net[0].weight.data.copy_(torch.tensor([[2.0], [1.0]])), net[2].weight.data.fill_(3.0)
    >>> relevance_at(net, torch.ones(1, 1), layers=["0"], lrp=Lrp(epsilon=0.0))["0"].tolist()
    [[6.0, 3.0]]
    """
    if at not in get_args(At):
        raise BadParameter(f"relevance_at: at={at!r}; allowed: {', '.join(get_args(At))}")
    if isinstance(layers, str) or not layers:
        raise BadParameter(f"relevance_at: layers={layers!r}; expected a list of names")
    asked = _LayerRelevance(lrp, tuple(layers), at)
    asked.attribute(module, inputs, targets, bounds=bounds, batch_size=batch_size)
    return asked.found


@dataclass(frozen=True)
class _LayerRelevance(AttributionMethod):
    """Asks as a method does, in eval mode and with everything put back, and keeps what it finds on the way."""

    name: ClassVar[str] = "relevance_at"
    reference: ClassVar[str] = "bach2015"
    needs: ClassVar[frozenset[str]] = frozenset({"gradients"})

    lrp: Lrp
    layers: tuple[str, ...]
    at: At
    found: dict[str, Tensor] = field(default_factory=dict)

    def relevance(self, query: Query) -> Tensor:
        relevances = self.lrp.relevances(query, self.layers, self.at)
        self.found.update(zip(self.layers, relevances, strict=True))
        return torch.zeros_like(query.inputs)
