"""The best order of regions that there is."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from whybench.methods.attribution.checks import one_of
from whybench.methods.attribution.exact import Exact
from whybench.protocols import Query
from whybench.registries import register
from whybench.worlds import CRITERIA, Criterion, extreme_orders, worth
from whybench.worlds.criteria import larger_is_better


@register
@dataclass(frozen=True)
class BestOrder(Exact):
    """An oracle: regions in the order, of all d!, that is best by one criterion; no map can do better by it.

    The relevance of a region sums to (d - k) / d, k = 0, ..., d - 1 its place in the order, and is the same all over
    it: (n, 1, height, width), without a unit. The order is found by a dynamic programme over the table of all 2^d sets
    (`worlds.orders`), which has the definition of the areas; of equal orders the one is taken that ends in the first
    regions.

    by: the criterion, `deletion`, `insertion` or `srg`, with one region a step.

    Raises BadParameter for values not allowed, Unsupported where there are more than 16 regions.

    Source: edin2025.

    >>> linear = torch.nn.Linear(2, 1, bias=False, dtype=torch.float64)
    >>> _ = linear.weight.data.copy_(torch.tensor([[2.0, 3.0]]))
    >>> BestOrder().attribute(linear, torch.ones(1, 2, dtype=torch.float64)).tolist()
    [[0.5, 1.0]]
    """

    name: ClassVar[str] = "best_order"
    reference: ClassVar[str] = "edin2025"
    signed: ClassVar[bool] = False

    by: Criterion = "srg"

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of(self, "by", CRITERIA)

    def relevance(self, query: Query) -> Tensor:
        sizes = self.regions(query).sizes
        heights = worth(self.outputs(query), self.by)
        _, order = extreme_orders(heights, sizes.double() / sizes.sum(), larger_is_better(self.by))
        value = 1 - torch.arange(len(sizes), dtype=torch.float64) / len(sizes)
        return self.spread(
            query, torch.zeros_like(value.expand(order.shape)).scatter(1, order, value.expand(order.shape))
        )
