"""Layer propagators: methods whose relevance can be followed from the outputs down, layer by layer."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from torch import Tensor

from whybench.protocols.query import Query


@dataclass(frozen=True, eq=False)
class LayerRelevance:
    """What arrives at the output of one layer call, or at the inputs.

    name: of the module that runs it, "" for the model's own forward and for the inputs; relevance: (starts, rows, ...),
    one for each relevance of the outputs that it started from.
    """

    name: str
    relevance: Tensor


@runtime_checkable
class LayerPropagator(Protocol):
    """A method that carries any relevance of the model's outputs down to the inputs by its rules."""

    def propagated(self, query: Query, starts: Tensor) -> Iterator[list[LayerRelevance]]:
        """The relevance at every convolution's and fully connected layer's output, from the last one that runs to the
        first, and at the inputs; `query.rows` samples after the other, as `query.each(1)` gives them.

        starts: (starts, n, outputs), the relevances of the model's outputs.
        """
