"""From one value a region to the place of each region in the order, ties included."""

from collections.abc import Sequence

import torch
from torch import Tensor

from whybench.streams import Streams


def tie_orders(values: Tensor, ids: Sequence[str], streams: Streams) -> Tensor:
    """The place of each region when the largest value comes first, in two orders of the ties: (n, 2, d) int64.

    values: (n, d) float64. Equal values come in a random order, drawn once a sample and equal for all maps, in the
    first copy, and in its reverse in the second; without ties the copies are equal. Values are compared exactly, so
    that a strictly increasing transform changes nothing. For -values the copies are the same places counted from the
    end, in exchanged order.

    >>> tie_orders(torch.tensor([[0.1, 0.3, 0.2]]), ["a"], Streams(0)).tolist()
    [[[2, 0, 1], [2, 0, 1]]]
    """
    count = values.shape[1]
    shuffle = torch.stack([streams.permutation("sweep/ties", i, 0, count) for i in ids]).to(values.device)
    places = []
    for order in (shuffle, shuffle.flip(1)):
        falling = values.gather(1, order).sort(dim=1, descending=True, stable=True).indices
        sequence = order.gather(1, falling)
        places.append(torch.argsort(sequence, dim=1))
    return torch.stack(places, dim=1)


def tied(values: Tensor) -> Tensor:
    """How many regions of each sample share their value with another one: (n, d) -> (n,) int64.

    >>> tied(torch.tensor([[1.0, 2.0, 1.0], [1.0, 2.0, 3.0]])).tolist()
    [2, 0]
    """
    ordered = values.sort(dim=1).values
    same = ordered[:, 1:] == ordered[:, :-1]
    edge = torch.zeros_like(same[:, :1])
    return (torch.cat([edge, same], 1) | torch.cat([same, edge], 1)).sum(1)
