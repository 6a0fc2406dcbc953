"""How an explanation stands in an exact world: its own areas and sizes beside the best and the worst that there are."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from whybench.explanations import Attribution
from whybench.passes import Passes
from whybench.protocols import Artifact, Case
from whybench.sweeps.ranks import map_places
from whybench.worlds.coalitions import CoalitionTable
from whybench.worlds.criteria import CRITERIA, worth
from whybench.worlds.optima import Optima
from whybench.worlds.orders import area_along
from whybench.worlds.sizes import sufficient


@dataclass(frozen=True)
class Standing(Artifact):
    """What the order of a map does, read from the table of all sets: no further pass for any map.

    infill, region, output: as in `Optima`.

    Gives for each criterion c the map's own area `<c>`, (n,) float64, the mean of two opposite orders where regions
    tie, as sweeps have it; for classifiers `ssr` and `sdr`, alike, with `ssr_never` and `sdr_never`, (n,) bool, where
    one of the two orders gets there with nothing less than everything; `ties`, (n,) int64; and all of `Optima`.
    Passes: those of the table.
    """

    name: ClassVar[str] = "standing"

    infill: str
    region: int | None
    output: str

    def compute(self, case: Case[Attribution]) -> dict[str, Tensor]:
        request = CoalitionTable(self.infill, self.region)
        table, regions = case.artifact(request), request.regions(case)
        found = dict(case.artifact(Optima(self.infill, self.region, self.output)))
        places, ties = map_places(case, regions)
        orders = [both.cpu() for both in places.argsort(2).unbind(1)]
        share = regions.sizes.double() / regions.sizes.sum()
        for criterion in CRITERIA:
            heights = worth(table[self.output], criterion)
            found[criterion] = torch.stack([area_along(heights, share, order) for order in orders]).mean(0)
        if "predicted" in table:
            enough = sufficient(table["probability"], table["predicted"], 0.9)
            changed = (table["predicted"] != table["predicted"][:, -1:]).flip(1)
            for name, met, most in (("ssr", enough, len(regions)), ("sdr", changed, len(regions) + 1)):
                sizes, steps = zip(*(_crossing(met, regions.sizes, order) for order in orders), strict=True)
                found[name] = torch.stack(sizes).mean(0)
                found[f"{name}_never"] = (torch.stack(steps) >= most).any(0)
        return {**found, "ties": ties.cpu()}

    def passes(self, case: Case[Any], tensors: Mapping[str, Tensor]) -> Passes | None:
        return Passes(len(case) * 2 ** tensors[f"{CRITERIA[0]}_order"].shape[1])


def _crossing(met: Tensor, sizes: Tensor, order: Tensor) -> tuple[Tensor, Tensor]:
    """The share of features, and the number of regions, that came first when `met` first holds along an order.

    Share 1 and number d + 1 where it never holds.
    """
    count = order.shape[1]
    first = torch.cat([torch.zeros_like(order[:, :1]), (1 << order).cumsum(1)], 1)
    step = (~met.gather(1, first)).long().cumprod(1).sum(1)
    covered = torch.cat([torch.zeros_like(order[:, :1]), sizes[order].cumsum(1)], 1)
    share = covered.gather(1, step.clamp_max(count).unsqueeze(1)).squeeze(1).double() / sizes.sum()
    return share, step
