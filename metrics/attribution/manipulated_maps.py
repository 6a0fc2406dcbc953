"""How far maps can be driven by inputs nearby that leave the output as it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor

from whybench.errors import Unsupported
from whybench.explanations import Attribution
from whybench.metrics.attribution.likeness import Likeness, MapSimilarity
from whybench.metrics.attribution.random_search import Ball, Unchanged, searched
from whybench.passes import Passes
from whybench.protocols import Artifact, Case
from whybench.protocols.blocks import by_block
from whybench.protocols.model import steady

Goal = Literal["away", "other_class"]


@dataclass(frozen=True)
class ManipulatedMaps(Artifact):
    """What a random search among the inputs nearby makes of the maps; parameters as in `explanation_manipulation`.

    Tensors, float64, of n samples: `gains` (n, queries + 1), by how much the similarity was brought down (away) or up
    (other_class) after each query; (n,) `similarity` at the input that was found, `output_change` there, relative;
    `distance` of that input from the clean one; `allowed`, how many proposals left the output as it is; (n,) bool
    `constant` and `constant_goal`, the maps without any order.

    Raises Unsupported.
    """

    name: ClassVar[str] = "manipulated_maps"

    goal: Goal
    radius: float
    tolerance: float
    queries: int
    similarity: MapSimilarity

    def compute(self, case: Case[Any]) -> dict[str, Tensor]:
        return by_block(self._found, case)

    def passes(self, case: Case[Any], tensors: Mapping[str, Tensor]) -> Passes | None:
        maps = float(tensors["allowed"].sum()) / len(case) + (self.goal == "other_class")
        explaining = case.asked(maps)
        return None if explaining is None else explaining + Passes((self.queries + 1) * len(case))

    def _found(self, case: Case[Any]) -> dict[str, Tensor]:
        ball = Ball.around(case, self.radius)
        with steady(case.model.module):
            outputs = case.predict(case.inputs)
        unchanged = Unchanged(outputs, case.model.output == "classes", self.tolerance)
        own = _maps(case, case.explanation)
        goal = own if self.goal == "away" else _maps(case, case.explain(targets=other_classes(case, outputs)))
        likeness = Likeness(self.similarity, goal)
        start = likeness.to(own)
        sign = -1.0 if self.goal == "away" else 1.0

        def gain(inputs: Tensor, which: Tensor) -> Tensor:
            ids = tuple(case.ids[i] for i in which.tolist())
            explanation = case.explain(inputs=inputs, targets=case.targets[which], ids=ids)
            maps = goal.index_put((which,), _maps(case, explanation))
            return sign * (likeness.to(maps) - start)[which]

        found = searched(case, ball, unchanged, gain, self.queries)
        tensors = {
            "gains": found.gains,
            "similarity": start + sign * found.gains[:, -1],
            "output_change": unchanged.change(found.outputs),
            "distance": (found.inputs.double() - case.inputs.double()).flatten(1).norm(dim=1),
            "allowed": found.allowed,
            "constant": Likeness(self.similarity, own).constant,
            "constant_goal": likeness.constant,
        }
        return {name: tensor.cpu() for name, tensor in tensors.items()}


def other_classes(case: Case[Any], outputs: Tensor) -> Tensor:
    """The class with the largest output besides the explained one, (n,) int64; outputs: (n, classes).

    Raises Unsupported where there is none.
    """
    if case.model.output != "classes" or outputs.shape[1] < 2:
        raise Unsupported(
            f"explanation_manipulation(goal='other_class') needs a second class; model {case.model.name!r} has none"
        )
    others: Tensor = outputs.scatter(1, case.targets[:, None], -torch.inf).argmax(1)
    return others


def _maps(case: Case[Any], explanation: Attribution) -> Tensor:
    """One value a feature, (k, *grid) float64."""
    return case.domain.per_feature(explanation.relevance, explanation.polarity, case.inputs.shape)
