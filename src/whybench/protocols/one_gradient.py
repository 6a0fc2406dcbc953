"""Methods that read their map off one gradient of the output, so that methods asked about the same input share it."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from whybench.explanations import Attribution
from whybench.passes import Passes
from whybench.protocols.blocks import slices
from whybench.protocols.method import AttributionMethod
from whybench.protocols.query import Query


@dataclass(frozen=True)
class OneGradient(AttributionMethod):
    """A method whose map is a function of the input and of the output's gradient there; subclasses write `read`."""

    needs: ClassVar[frozenset[str]] = frozenset({"gradients"})
    passes_each: ClassVar[Passes | None] = Passes(1, 1)

    @abstractmethod
    def read(self, inputs: Tensor, gradient: Tensor) -> Tensor:
        """The relevance of every feature, from inputs and gradients of the same shape, (n, ...)."""

    def relevance(self, query: Query) -> Tensor:
        return self.read(query.inputs, gradients(query))

    def off(self, inputs: Tensor, gradient: Tensor, targets: Tensor) -> Attribution:
        """The explanation of inputs whose gradient is known."""
        return Attribution(self.read(inputs, gradient).detach(), targets, self.polarity)


def gradients(query: Query) -> Tensor:
    """The gradient of the explained output at each sample of a query, shaped like its inputs."""
    parts = [query.gradient(query.inputs[few], few) for few in slices(len(query), query.rows)]
    return torch.cat(parts) if len(parts) > 1 else parts[0]
