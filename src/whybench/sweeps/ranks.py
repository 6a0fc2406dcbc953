"""From a map to one value a region, and to the place of each region in the order, ties included."""

from collections.abc import Sequence

import torch
from torch import Tensor

from whybench.domains import Regions
from whybench.explanations import Attribution
from whybench.protocols import Case
from whybench.sorting import order
from whybench.streams import Streams


def map_places(case: Case[Attribution], regions: Regions) -> tuple[Tensor, Tensor]:
    """The place of each region in the order of the case's map, in two orders of the ties, and the number of ties.

    (n, 2, d) int64 and (n,) int64, as `tie_orders` and `tied` give them of relevance summed within each region.
    """
    explanation, shape = case.explanation, tuple(case.inputs.shape)
    features = case.domain.per_feature(explanation.relevance, explanation.polarity, shape).to(case.inputs.device)
    return tie_orders_and_ties(region_relevance(regions, features), case.ids, case.streams)


def region_relevance(regions: Regions, features: Tensor) -> Tensor:
    """Relevance summed within each region, (n, d); zero for a constant map, which orders nothing.

    Summed, the smaller regions at an uneven border would come last (or, below zero, first).
    """
    flat = features.flatten(1)
    constant = flat.amax(1) == flat.amin(1)
    return regions.sums(features).masked_fill(constant.unsqueeze(1), 0.0)


def tie_orders(values: Tensor, ids: Sequence[str], streams: Streams) -> Tensor:
    """The place of each region when the largest value comes first, in two orders of the ties: (n, 2, d) int64.

    values: (n, d) float64. Equal values come in a random order, drawn once a sample and equal for all maps, in the
    first copy, and in its reverse in the second; without ties the copies are equal. Values are compared exactly, so
    that a strictly increasing transform changes nothing. For -values the copies are the same places counted from the
    end, in exchanged order.

    >>> tie_orders(torch.tensor([[0.1, 0.3, 0.2]]), ["a"], Streams(0)).tolist()
    [[[2, 0, 1], [2, 0, 1]]]
    """
    return tie_orders_and_ties(values, ids, streams)[0]


def tie_orders_and_ties(values: Tensor, ids: Sequence[str], streams: Streams) -> tuple[Tensor, Tensor]:
    """`tie_orders` and `tied` of the same values, which are sorted once; only where some tie is anything drawn."""
    falling = order(-values)
    places = _inverse(falling).unsqueeze(1).repeat(1, 2, 1)
    ties = _sharing(values.gather(1, falling))
    some = ties.nonzero().flatten()
    if len(some):
        tying = values[some]
        names = [(ids[i], 0) for i in some.tolist()]
        shuffle = streams.permutations("sweep/ties", names, values.shape[1]).to(values.device)
        for copy, drawn in enumerate((shuffle, shuffle.flip(1))):
            after = tying.gather(1, drawn).sort(dim=1, descending=True, stable=True).indices
            places[some, copy] = _inverse(drawn.gather(1, after))
    return places, ties


def tied(values: Tensor) -> Tensor:
    """How many regions of each sample share their value with another one: (n, d) -> (n,) int64.

    >>> tied(torch.tensor([[1.0, 2.0, 1.0], [1.0, 2.0, 3.0]])).tolist()
    [2, 0]
    """
    return _sharing(values.gather(1, order(values)))


def _inverse(orders: Tensor) -> Tensor:
    """The place of each region in an order of all: (n, d) -> (n, d)."""
    places = torch.arange(orders.shape[1], device=orders.device).expand_as(orders)
    return torch.empty_like(orders).scatter_(1, orders, places)


def _sharing(ordered: Tensor) -> Tensor:
    """`tied` of values that are sorted."""
    same = ordered[:, 1:] == ordered[:, :-1]
    edge = torch.zeros_like(same[:, :1])
    return (torch.cat([edge, same], 1) | torch.cat([same, edge], 1)).sum(1)
