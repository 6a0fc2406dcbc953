"""Greedy search for the smallest sufficient region."""

from dataclasses import dataclass
from typing import ClassVar

from whybench.methods.attribution.greedy import Greedy
from whybench.registries import register


@register
@dataclass(frozen=True)
class GreedySSR(Greedy):
    """Regions in the order in which they are put back so that the target's probability rises soonest.

    Forward, from the empty input, the region is put back with which the target is most probable; backward, from the
    whole input, the one is removed without which it stays most probable (`Greedy`); (n, 1, height, width), or
    (n, columns) for tables. Its first regions are what an optimiser that asks the model finds for the metric `ssr`:
    as small as can be where each region adds to the log-odds what it does by itself and regions are of one size; only
    an upper bound of the smallest region elsewhere.

    Raises BadParameter for values not allowed, Unsupported for models without classes.

    Source: carter2019 (backward); for the region, dabkowski2017.

    >>> import torch
    >>> linear = torch.nn.Linear(3, 2, bias=False, dtype=torch.float64)
    >>> _ = linear.weight.data.copy_(torch.tensor([[2.0, 9.0, -1.0], [0.0, 0.0, 0.0]]))
    >>> GreedySSR().attribute(linear, torch.ones(1, 3, dtype=torch.float64), 0) * 3
    tensor([[2., 3., 1.]], dtype=torch.float64)
    """

    name: ClassVar[str] = "greedy_ssr"
    reference: ClassVar[str] = "carter2019"
    sufficient: ClassVar[bool] = True
