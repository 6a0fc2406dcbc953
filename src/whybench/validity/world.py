"""A world: a model and samples for which it is known what each part of an input is worth to the answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from whybench.cases import ask, prepare
from whybench.domains.domain import Regions
from whybench.explanations import Attribution, Explanation
from whybench.protocols import Artifact, Case, Method, Model, Truth
from whybench.streams import Streams
from whybench.validity.distances import misordered, misplaced

DISTANCES = {"misplaced": misplaced, "misordered": misordered}


@dataclass(frozen=True, eq=False)
class World:
    """One network whose use of its inputs is known.

    inputs: (n, ...); targets: (n,) explained classes; labels: (n,) true ones; players: grid-shaped int64, which player
    each feature belongs to, from 0; worth: (n, players) float64, what each player is worth to the explained output;
    truth: masks for metrics of localisation, where there are any; others: worth by another removal, by its name.
    """

    name: str
    model: Model
    inputs: Tensor
    targets: Tensor
    labels: Tensor
    ids: tuple[str, ...]
    players: Tensor
    worth: Tensor
    truth: Truth | None = None
    others: Mapping[str, Tensor] = field(default_factory=dict)

    def given(self, explanation: Attribution) -> Tensor:
        """What a map gives to each player, the sum over its features: (n, players) float64."""
        features = self.model.domain.per_feature(explanation.relevance, explanation.polarity, tuple(self.inputs.shape))
        return Regions(self.players, torch.bincount(self.players.flatten())).sums(features)

    def errors(self, explanation: Attribution) -> dict[str, Tensor]:
        """How far a map is from the truth, one number a sample, by each distance, and `misplaced` for other truths."""
        given = self.given(explanation)
        found = {name: distance(given, self.worth) for name, distance in DISTANCES.items()}
        return found | {f"misplaced/{name}": misplaced(given, worth) for name, worth in self.others.items()}

    def distances(self) -> tuple[str, ...]:
        """The names of `errors`."""
        return (*DISTANCES, *(f"misplaced/{name}" for name in self.others))


class Desk:
    """Opens cases of methods on one world; what does not depend on the method is computed once for all of them."""

    def __init__(self, world: World, seed: int = 0, rows: int = 256) -> None:
        self.world, self.streams, self.rows = world, Streams(seed), rows
        self._shared: dict[Artifact, dict[str, Tensor]] = {}

    def case(self, method: Method[Any]) -> Case[Any]:
        """Explain the world's samples and open the case that a metric sees."""
        world, own = self.world, dict[Artifact, dict[str, Tensor]]()
        learned = prepare(method, world.model, self.streams, self.rows)

        def again(model: Model, inputs: Tensor, targets: Tensor, ids: tuple[str, ...]) -> Explanation:
            known: Mapping[str, Tensor] | None = learned if model is world.model else None
            found: Explanation = ask(method, model, inputs, targets, ids, self.streams, self.rows, known)
            return found

        def fetch(request: Artifact) -> dict[str, Tensor]:
            known = self._shared if request.shared else own
            if request not in known:
                known[request] = request.compute(case.without_explanation() if request.shared else case)
            return known[request]

        case: Case[Any] = Case(
            model=world.model,
            inputs=world.inputs,
            targets=world.targets,
            labels=world.labels,
            ids=world.ids,
            explanation=again(world.model, world.inputs, world.targets, world.ids),
            streams=self.streams,
            rows=self.rows,
            ask=again,
            fetch=fetch,
            method=method,
            truth=world.truth,
        )
        return case
