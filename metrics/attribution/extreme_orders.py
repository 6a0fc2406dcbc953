"""The best and the worst order of removal that a search finds: they depend on the model and the input, on no map."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from whybench.domains import Regions
from whybench.passes import Passes
from whybench.protocols import Artifact, Case
from whybench.protocols.model import steady
from whybench.sweeps.answers import answers
from whybench.worlds.orders import extreme_orders


@dataclass(frozen=True)
class ExtremeOrders(Artifact):
    """The smallest and the largest area under the output while all regions are removed one by one.

    output: which of `sweeps.answers.answers` is integrated, over the share of features removed. Up to `exact_up_to`
    regions d all 2^d subsets are asked, and the best path through them is found by dynamic programming; beyond,
    a beam of `width` orders is kept after every removal, those with the smallest (largest) area if the output stayed
    as it is. One is the greedy order, which is exact on additive models with regions of equal size.

    Gives `smallest`, `largest`: (n,) float64; `exact`: (n,) bool. Passes, a sample: 2^d; or 1 + 2 sum_k b_k (d - k)
    with b_0 = 1, b_{k+1} = min(width, b_k (d - k)).
    """

    name: ClassVar[str] = "extreme_orders"
    shared: ClassVar[bool] = True

    infill: str
    region: int | None
    output: str
    width: int
    exact_up_to: int

    def compute(self, case: Case[Any]) -> dict[str, Tensor]:
        regions = case.domain.regions(tuple(case.inputs.shape), self.region)
        search = _Search(
            case, regions, case.domain.infill(self.infill, case.inputs, case.ids, case.streams), self.output
        )
        exact = len(regions) <= self.exact_up_to
        with steady(case.model.module):
            if exact:
                smallest, largest = search.all_subsets()
            else:
                clean = search.outputs(torch.zeros(len(case), 1, len(regions), dtype=torch.bool))
                smallest, largest = (search.beam(clean, self.width, sign) for sign in (1, -1))
        return {"smallest": smallest, "largest": largest, "exact": torch.full((len(case),), exact)}

    def passes(self, case: Case[Any], tensors: Mapping[str, Tensor]) -> Passes | None:
        regions = len(case.domain.regions(tuple(case.inputs.shape), self.region))
        if regions <= self.exact_up_to:
            return Passes(2**regions * len(case))
        asked, kept = 1, 1
        for size in range(regions):
            asked += 2 * kept * (regions - size)
            kept = min(self.width, kept * (regions - size))
        return Passes(asked * len(case))


@dataclass(frozen=True, eq=False)
class _Search:
    """What a search asks: the outputs after sets of regions have been removed."""

    case: Case[Any]
    regions: Regions
    infill: Any
    output: str

    @property
    def share(self) -> Tensor:
        """Each region's share of the features."""
        return self.regions.sizes.double() / self.regions.sizes.sum()

    def outputs(self, removed: Tensor) -> Tensor:
        """(n, sets, d) bool -> (n, sets) float64, on the CPU."""
        n, sets, count = removed.shape
        sample = torch.arange(n).repeat_interleave(sets)
        parts = []
        flat = torch.split(removed.view(n * sets, count), self.case.rows)
        for rows, of in zip(flat, torch.split(sample, self.case.rows), strict=True):
            device = self.case.inputs.device
            kept = self.regions.mask(~rows.to(device))
            parts.append(answers(self.case, self.infill, kept, of.to(device))[self.output].cpu())
        return torch.cat(parts).view(n, sets)

    def all_subsets(self) -> tuple[Tensor, Tensor]:
        """The extreme areas over all orders."""
        count = len(self.regions)
        member = (torch.arange(2**count)[:, None] >> torch.arange(count)) & 1 == 1
        output = self.outputs(member.expand(len(self.case), -1, -1).contiguous())
        smallest, largest = (extreme_orders(output, self.share, largest)[0] for largest in (False, True))
        return smallest, largest

    def beam(self, clean: Tensor, width: int, sign: int) -> Tensor:
        """The smallest area (sign 1), or the largest (sign -1), of the orders that a beam keeps."""
        n, count = len(self.case), len(self.regions)
        removed = torch.zeros(n, 1, count, dtype=torch.bool)
        area, height, rest = torch.zeros(n, 1, dtype=torch.float64), clean, torch.ones(n, 1, dtype=torch.float64)
        for size in range(count):
            free = (~removed).nonzero()[:, 2].view(n, -1, count - size)
            sets = removed.unsqueeze(2).repeat(1, 1, count - size, 1).scatter_(3, free.unsqueeze(3), True)
            sets = sets.view(n, -1, count)
            output = self.outputs(sets)
            step = self.share[free]
            areas = area.unsqueeze(2) + step * (height.unsqueeze(2) + output.view(step.shape)) / 2
            left = (rest.unsqueeze(2) - step).flatten(1)
            promise = sign * (areas.flatten(1) + left * output)
            kept = promise.sort(dim=1, stable=True).indices[:, :width]
            area, height, rest = areas.flatten(1).gather(1, kept), output.gather(1, kept), left.gather(1, kept)
            removed = sets.gather(1, kept.unsqueeze(2).expand(-1, -1, count))
        return sign * (sign * area).amin(1)
