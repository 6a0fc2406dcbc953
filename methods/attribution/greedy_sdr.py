"""Greedy search for the smallest destroying region."""

from dataclasses import dataclass
from typing import ClassVar

from whybench.methods.attribution.greedy import Greedy
from whybench.registries import register


@register
@dataclass(frozen=True)
class GreedySDR(Greedy):
    """Regions in the order in which they are removed so that the target's probability falls soonest.

    Forward, from the whole input, the region is removed without which the target is least probable; backward, from
    the empty input, the one is put back with which it stays least probable (`Greedy`); (n, 1, height, width), or
    (n, columns) for tables. Its first regions are what an optimiser that asks the model finds for the metric `sdr`:
    as small as can be where each region adds to the log-odds what it does by itself and regions are of one size; only
    an upper bound of the smallest region elsewhere.

    Raises BadParameter for values not allowed, Unsupported for models without classes.

    Source: carter2019, the search; for the region, dabkowski2017.

    >>> import torch
    >>> linear = torch.nn.Linear(3, 2, bias=False, dtype=torch.float64)
    >>> _ = linear.weight.data.copy_(torch.tensor([[2.0, 9.0, -1.0], [0.0, 0.0, 0.0]]))
    >>> GreedySDR().attribute(linear, torch.ones(1, 3, dtype=torch.float64), 0) * 3
    tensor([[2., 3., 1.]], dtype=torch.float64)
    """

    name: ClassVar[str] = "greedy_sdr"
    reference: ClassVar[str] = "carter2019"
    sufficient: ClassVar[bool] = False
