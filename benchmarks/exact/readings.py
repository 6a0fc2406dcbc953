"""Two more readings for the study: facts of a world that no map changes, and how alike a map is to a control."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from whybench.cases import ask
from whybench.explanations import Attribution, Explanation
from whybench.protocols import Case, Metric, Scores
from whybench.suite import method
from whybench.sweeps.ranks import map_places
from whybench.worlds import (
    CRITERIA,
    CoalitionTable,
    Optima,
    area_along,
    interactions,
    shapley_values,
    worth,
)


@dataclass(frozen=True)
class WorldFacts(Metric[Attribution]):
    """How much regions do together: sum over pairs of |interaction| over the sum of |Shapley value|.

    By the probability. Details: `shapley_<criterion>`, the regret of the order of the exact Shapley values;
    `best_<criterion>` and `worst_<criterion>`, the areas of the best and the worst order.
    """

    name: ClassVar[str] = "world_facts"
    kind: ClassVar[type[Explanation]] = Attribution
    family: ClassVar[str] = "faithfulness"
    range: ClassVar[tuple[float, float]] = (0.0, float("inf"))
    reference: ClassVar[str] = "grabisch1999"

    infill: str = "mean"
    region: int | None = None

    @property
    def higher_is_better(self) -> bool:
        return True

    def score(self, case: Case[Attribution]) -> Scores:
        request = CoalitionTable(self.infill, self.region)
        outputs = case.artifact(request)["probability"]
        found = case.artifact(Optima(self.infill, self.region, "probability"))
        sizes = request.regions(case).sizes
        values = shapley_values(outputs)
        order = values.argsort(dim=1, descending=True, stable=True)
        details: dict[str, Tensor] = {}
        for criterion in CRITERIA:
            own = area_along(worth(outputs, criterion), sizes.double() / sizes.sum(), order)
            best = details[f"best_{criterion}"] = found[f"{criterion}_best"]
            details[f"worst_{criterion}"] = found[f"{criterion}_worst"]
            details[f"shapley_{criterion}"] = (own - best).abs()
        together = interactions(outputs).abs().sum((1, 2)) / 2
        return Scores(together / values.abs().sum(1), details=details)


@dataclass(frozen=True)
class LikeControl(Metric[Attribution]):
    """Spearman's correlation of a map with that of a control, over regions: the model is not asked.

    Undefined where one of the two is constant over the regions.
    """

    name: ClassVar[str] = "like_control"
    kind: ClassVar[type[Explanation]] = Attribution
    family: ClassVar[str] = "complexity"
    range: ClassVar[tuple[float, float]] = (-1.0, 1.0)
    reference: ClassVar[str] = "spearman1904"

    control: str = "centre"
    region: int | None = None

    @property
    def higher_is_better(self) -> bool:
        return True

    def score(self, case: Case[Attribution]) -> Scores:
        drawn = ask(method(self.control), case.model, case.inputs, case.targets, case.ids, case.streams, case.rows)
        regions = case.domain.regions(tuple(case.inputs.shape), self.region)
        other = Case(**{**vars(case), "explanation": drawn})
        # The mean place over the two orders of ties is the place that Spearman's coefficient gives to ties.
        mine, theirs = (map_places(which, regions)[0].double().mean(1) for which in (case, other))
        mine, theirs = (places - places.mean(1, keepdim=True) for places in (mine, theirs))
        size = mine.norm(dim=1) * theirs.norm(dim=1)
        like = torch.where(size > 0, (mine * theirs).sum(1) / size, torch.nan)
        return Scores(like.cpu(), {int(i): "a constant map has no order" for i in (size == 0).nonzero()})
