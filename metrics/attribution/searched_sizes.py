"""How small a region a search finds: it asks the model, and looks at no other map."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from whybench.cases import open_case, queries
from whybench.metrics.attribution.region_size import RegionSize
from whybench.passes import Passes, total
from whybench.protocols import Artifact, AttributionMethod, Case


@dataclass(frozen=True)
class SearchedSizes(Artifact):
    """The size of the region in the map of a method that searches for it.

    Gives `size`: (n,) float64; `censored`: (n,) bool; `swept`: (n,) int64, the points of the sweep, of both
    orders where the map has ties. Passes: those of the method and of one sweep along its map.
    """

    name: ClassVar[str] = "searched_sizes"
    shared: ClassVar[bool] = True

    size: RegionSize
    bound: AttributionMethod

    def compute(self, case: Case[Any]) -> dict[str, Tensor]:
        searched = open_case(
            self.bound,
            case.model,
            case.inputs,
            case.targets,
            ids=case.ids,
            labels=case.labels,
            seed=case.streams.seed,
            rows=case.rows,
        )
        scores = self.size.score(searched)
        censored = torch.tensor([i in scores.censored for i in range(len(case))])
        assert scores.curves is not None
        orders = 1 + (scores.details["ties"] > 0).long()
        return {"size": scores.values, "censored": censored, "swept": orders * scores.curves.x.shape[1]}

    def passes(self, case: Case[Any], tensors: Mapping[str, Tensor]) -> Passes | None:
        asked = queries(self.bound, case.model, case.inputs, case.targets, case.ids, case.streams, case.rows, {})
        return total([Passes(int(tensors["swept"].sum())), *(self.bound.passes(query) for query in asked)])
