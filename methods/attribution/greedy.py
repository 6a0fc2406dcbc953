"""Greedy search for the order of regions that keeps, or loses, the target soonest."""

from dataclasses import dataclass
from math import prod
from typing import ClassVar, Literal

import torch
from torch import Tensor

from whybench.domains import Infill, Regions
from whybench.methods.attribution.checks import one_of, whole, whole_or_none
from whybench.methods.attribution.masks.scores import scores
from whybench.passes import Passes
from whybench.protocols import AttributionMethod, Query


@dataclass(frozen=True)
class Greedy(AttributionMethod):
    """Regions in the order of a search that asks the model, at every step, about each that is left.

    Forward selection begins with nothing chosen and chooses, of all regions left, the one that serves best; backward
    elimination begins with all and drops the one that is missed least, the last of them being the most relevant. What
    serves are high, or low, log-odds of the target, log p - log(1 - p): they order regions as p does, and tell apart
    what is rounded to p = 1. Of regions that are equal up to rounding the first is taken, from the top left.

    The relevance of a region sums to (r - k) / r, k = 0, ..., r - 1 its place in the order of r, and is the same all
    over it: a sweep over the same regions goes through them in the order of the search.

    infill: what stands in for removed features, any that the domain knows; region: side of a region in features, None
    for the domain's default; regions: the most that are searched, and where there are more, squares of 2 x 2, 3 x 3,
    ... of them (2, 3, ... neighbouring columns) are chosen as one and sum to the same; search: `forward` or
    `backward`. r (r + 1) / 2 - 1 forward passes a sample, the last region needing none: 2079 for 64 regions.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"classes"})
    signed: ClassVar[bool] = False
    grid: ClassVar[Literal["input", "spatial"]] = "spatial"
    sufficient: ClassVar[bool]
    """Whether the target is to be kept by the first regions, or lost without them."""

    infill: str = "mean"
    region: int | None = None
    regions: int = 64
    search: Literal["forward", "backward"] = "forward"

    def __post_init__(self) -> None:
        whole_or_none(self, 1, "region")
        whole(self, 1, "regions")
        one_of(self, "search", ("forward", "backward"))

    def relevance(self, query: Query) -> Tensor:
        shape = tuple(query.inputs.shape)
        each = query.domain.regions(shape, self.region)
        joined = query.domain.regions(shape, self._side(query))
        order = self.order(query, joined)
        place = torch.arange(len(joined), device=order.device).expand_as(order)
        rank = torch.zeros_like(order).scatter_(1, order, len(joined) - place)
        value = rank.to(query.inputs.dtype) / len(joined)
        size = each.sizes[each.index].to(value)
        return query.domain.over_channels(value[:, joined.index.to(order.device)] / size)

    def passes(self, query: Query) -> Passes | None:
        count = len(query.domain.regions(tuple(query.inputs.shape), self._side(query)))
        return Passes(count * (count + 1) // 2 - 1) * len(query)

    def _side(self, query: Query) -> int:
        """The smallest multiple of the regions' side for which there are not too many."""
        shape = tuple(query.inputs.shape)
        grid, side = query.domain.grid(shape), query.domain.side(shape, self.region)
        sides = range(side, max(grid) + side, side)
        fitting = next(wider for wider in sides if prod(-(-length // wider) for length in grid) <= self.regions)
        return min(fitting, max(grid))

    def order(self, query: Query, regions: Regions) -> Tensor:
        """The regions of each sample, most relevant first: (n, r) int64."""
        infill = query.infill(self.infill)
        forward = self.search == "forward"
        untouched = self.sufficient != forward  # the sufficient are put in first, the needed taken out first
        kept = torch.full((len(query), len(regions)), untouched, device=query.inputs.device)
        turned = []
        for left in range(len(regions), 0, -1):
            choices = (kept == untouched).nonzero()[:, 1].view(-1, left)
            chosen = choices
            if left > 1:
                said = self._tried(query, infill, regions, kept, choices)
                chosen = choices.gather(1, _first_best(said if self.sufficient else -said))
            kept.scatter_(1, chosen, not untouched)
            turned.append(chosen)
        order = torch.cat(turned, 1)
        return order if forward else order.flip(1)

    def _tried(self, query: Query, infill: Infill, regions: Regions, kept: Tensor, choices: Tensor) -> Tensor:
        """The target's log-odds when one more region is turned, (n, choices)."""
        parts = []
        with torch.inference_mode():
            for sample, draw in query.each(choices.shape[1]):
                turned = choices[sample, draw].unsqueeze(1)
                rows = kept[sample].scatter(1, turned, ~kept[sample].gather(1, turned))
                parts.append(scores(query, infill.apply(regions.mask(rows), sample), sample, "log_odds"))
        return torch.cat(parts).view(choices.shape).clone()


def _first_best(values: Tensor) -> Tensor:
    """The position of the first value that is the largest up to rounding: (n, choices) -> (n, 1).

    Without the tolerance it would be up to the size of a batch which of equal regions comes first.

    >>> _first_best(torch.tensor([[1.0, 2.0, 2.0 + 1e-7, 2.0 - 1e-7]]))
    tensor([[1]])
    """
    tolerance = torch.finfo(values.dtype).eps ** 0.75
    close = torch.isclose(values, values.amax(1, keepdim=True), rtol=tolerance, atol=tolerance)
    return close.long().argmax(1, keepdim=True)
