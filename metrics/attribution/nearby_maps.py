"""How far maps move when inputs move a little."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from whybench.explanations import Attribution
from whybench.layout import taken
from whybench.metrics.attribution.lengths import length
from whybench.metrics.attribution.nearby_gradients import NearbyGradients
from whybench.metrics.attribution.nearby_inputs import NearbyInputs, relative_change
from whybench.passes import Passes
from whybench.protocols import Artifact, Case
from whybench.protocols.blocks import by_block

Asking = Callable[[Case[Any], Tensor, Tensor, Tensor], Attribution]
"""The explanation of a case's samples at other inputs, given with their positions and draws."""


@dataclass(frozen=True)
class NearbyMaps(Artifact):
    """The method asked again at `draws` inputs within `radius` of each sample: that many explanations, nothing else.

    Methods that read their map off one gradient share these gradients (`NearbyGradients`) and what they cost.

    Tensors, float64, of maps with one value a feature: `size` (n,) |R(x)|_2; (n, draws) `distance` |R(x') - R(x)|_2,
    `step` |x' - x|_2, and `relative` |(R(x') - R(x)) / R(x)|_2 element by element, 0 for a zero map.
    """

    name: ClassVar[str] = "nearby_maps"

    draws: int
    radius: float

    def compute(self, case: Case[Any]) -> dict[str, Tensor]:
        known = NearbyGradients(self.draws, self.radius)
        ask = _off(known) if known.serves(case) else _again
        return by_block(lambda block: self._moves(block, ask), case)

    def _moves(self, case: Case[Any], ask: Asking) -> dict[str, Tensor]:
        before = self._maps(case, case.explanation)
        parts = []
        for sample, draw, inputs in NearbyInputs(self.draws, self.radius).batches(case):
            start, after = taken(before, sample), self._maps(case, ask(case, inputs, sample, draw))
            parts.append(
                {
                    "distance": length(after - start),
                    "step": taken(case.inputs, sample).double().sub_(inputs).flatten(1).norm(dim=1),
                    "relative": relative_change(start, after).nan_to_num(0.0),
                }
            )
        joined = {name: torch.cat([part[name] for part in parts]).view(len(case), -1).cpu() for name in parts[0]}
        return {"size": length(before).cpu(), **joined}

    def passes(self, case: Case[Any], tensors: Mapping[str, Tensor]) -> Passes | None:
        return case.asked(self.draws)

    def _maps(self, case: Case[Any], explanation: Attribution) -> Tensor:
        return case.domain.per_feature(explanation.relevance, explanation.polarity, case.inputs.shape).flatten(1)


def _again(case: Case[Any], inputs: Tensor, sample: Tensor, draw: Tensor) -> Attribution:
    ids = tuple(case.ids[i] for i in sample.tolist())
    again: Attribution = case.explain(inputs=inputs, targets=case.targets[sample], ids=ids)
    return again


def _off(known: NearbyGradients) -> Asking:
    def ask(case: Case[Any], inputs: Tensor, sample: Tensor, draw: Tensor) -> Attribution:
        gradient = case.artifact(known)["gradient"][sample, draw].to(inputs.device)
        method: Any = case.method
        explanation: Attribution = method.off(inputs, gradient, case.targets[sample])
        return explanation

    return ask
