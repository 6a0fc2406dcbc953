"""The best and the worst that any order of regions can do in an exact world."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor

from whybench.passes import Passes
from whybench.protocols import Artifact, Case
from whybench.worlds.coalitions import CoalitionTable
from whybench.worlds.criteria import CRITERIA, larger_is_better, worth
from whybench.worlds.orders import extreme_orders
from whybench.worlds.sizes import smallest_destroying, smallest_sufficient


@dataclass(frozen=True)
class Optima(Artifact):
    """The best and worst area of each criterion over all orders, and the smallest sufficient and destroying region.

    infill, region: as in `CoalitionTable`; output: which of its answers is integrated.

    Gives for each criterion c of `criteria.CRITERIA` `<c>_best` and `<c>_worst`, (n,) float64, and `<c>_order`,
    (n, d) int64, an order that is best; for classifiers `ssr_best` and `sdr_best`, (n,) float64, shares of features.
    Passes: those of the table.
    """

    name: ClassVar[str] = "optima"
    shared: ClassVar[bool] = True

    infill: str
    region: int | None
    output: str

    def compute(self, case: Case[Any]) -> dict[str, Tensor]:
        request = CoalitionTable(self.infill, self.region)
        table, sizes = case.artifact(request), request.regions(case).sizes
        share = sizes.double() / sizes.sum()
        found = {}
        for criterion in CRITERIA:
            heights = worth(table[self.output], criterion)
            best, order = extreme_orders(heights, share, larger_is_better(criterion))
            found[f"{criterion}_best"], found[f"{criterion}_order"] = best, order
        # An order's insertion is its reversal's deletion, so that what is best for one is worst for the other.
        found["deletion_worst"] = found["insertion_best"].clone()
        found["insertion_worst"] = found["deletion_best"].clone()
        found["srg_worst"] = -found["srg_best"]
        if "predicted" in table:
            found["ssr_best"] = smallest_sufficient(table["probability"], table["predicted"], sizes)
            found["sdr_best"] = smallest_destroying(table["predicted"], sizes)
        return found

    def passes(self, case: Case[Any], tensors: Mapping[str, Tensor]) -> Passes | None:
        count = tensors[f"{CRITERIA[0]}_order"].shape[1]
        return Passes(len(case) * 2**count)
