"""Sharing without loss: no stabiliser and no bias absorbs relevance."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from whybench.methods.attribution.backpropagation.composites import Composite
from whybench.methods.attribution.backpropagation.layers import Layer, Term


def portion(relevance: Tensor, total: Tensor) -> Tensor:
    """R / total for sums of what is not negative; 0 where nothing was added up.

    >>> portion(torch.ones(2), torch.tensor([0.0, 4.0])).tolist()
    [0.0, 0.25]
    """
    limits = torch.finfo(total.dtype)
    return torch.where(total > limits.tiny / limits.eps, relevance / total, 0)


@dataclass(frozen=True, eq=False)
class Products:
    """The absolute products |a_j w_jk| of some inputs and weights of a layer.

    total: their sums over j, shaped like the layer's output.
    """

    terms: Sequence[Term]

    @classmethod
    def positive(cls, layer: Layer) -> "Products":
        """Where a_j w_jk > 0."""
        return cls._of(layer, layer.weight.clamp(min=0), layer.weight.clamp(max=0).neg())

    @classmethod
    def negative(cls, layer: Layer) -> "Products":
        """Where a_j w_jk < 0."""
        return cls._of(layer, layer.weight.clamp(max=0).neg(), layer.weight.clamp(min=0))

    @classmethod
    def absolute(cls, layer: Layer) -> "Products":
        """All of them."""
        return cls([Term.of(layer, layer.inputs.abs(), layer.weight.abs())])

    @classmethod
    def _of(cls, layer: Layer, weight_of_positive: Tensor, weight_of_negative: Tensor) -> "Products":
        terms = [Term.of(layer, layer.inputs.clamp(min=0), weight_of_positive)]
        if layer.inputs.amin() < 0:  # min would copy what does not lie row by row
            terms.append(Term.of(layer, layer.inputs.clamp(max=0).neg(), weight_of_negative))
        return cls(terms)

    @property
    def total(self) -> Tensor:
        return sum((term.total for term in self.terms[1:]), self.terms[0].total)

    def pull(self, upper: Tensor) -> Tensor:
        """sum_k |a_j w_jk| upper_k for every input; can be asked once."""
        return sum((term.pull(upper) for term in self.terms[1:]), self.terms[0].pull(upper))


@dataclass(frozen=True)
class ExactComposite(Composite):
    """A composite whose additions and average pools share by the not negative `part` of what they add."""

    part: Callable[[Tensor], Tensor] = torch.abs

    def summands(self, parts: Sequence[Tensor]) -> list[Tensor]:
        return [self.part(part) for part in parts]

    def upper(self, relevance: Tensor, total: Tensor) -> Tensor:
        return portion(relevance, total)
