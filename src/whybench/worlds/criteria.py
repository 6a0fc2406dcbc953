"""The curves by which an order of regions is judged, as a worth of every set of regions that come first."""

from typing import Literal, get_args

from torch import Tensor

Criterion = Literal["deletion", "insertion", "srg"]
CRITERIA: tuple[Criterion, ...] = get_args(Criterion)


def worth(outputs: Tensor, criterion: Criterion) -> Tensor:
    """The height of the curve when the regions of a set have come first: (n, 2^d) -> (n, 2^d).

    outputs: y(K), the model's output with the regions K kept, as a `CoalitionTable` holds it. With S the regions that
    came first and N all of them,

        deletion   y(N - S)            insertion   y(S)            srg   y(S) - y(N - S).

    >>> import torch
    >>> worth(torch.tensor([[0.0, 2.0, 3.0, 4.0]]), "srg").tolist()
    [[-4.0, -1.0, 1.0, 4.0]]
    """
    if criterion == "insertion":
        return outputs
    without = outputs.flip(1)  # the complement of set s has place 2^d - 1 - s
    return without if criterion == "deletion" else outputs - without


def larger_is_better(criterion: Criterion) -> bool:
    """Whether the best order is the one with the largest area."""
    return criterion != "deletion"
