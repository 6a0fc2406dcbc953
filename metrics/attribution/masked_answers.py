"""What the model says to the input seen through its map."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from whybench.explanations import Attribution
from whybench.layout import taken
from whybench.passes import Passes
from whybench.protocols import Artifact, Case
from whybench.protocols.blocks import by_block
from whybench.protocols.model import steady
from whybench.sweeps.answers import read


@dataclass(frozen=True)
class MaskedAnswers(Artifact):
    """The answers to x' = m x + (1 - m) b, with m the map brought to [0, 1] and b an infill; one pass a sample.

        m = (R - min R) / (max R - min R)

    R: relevance a feature (channels summed or normed, a coarser grid interpolated). Gives what `sweeps.answers.read`
    does, and `constant`, (n,) bool: the maps that have no such m; their answers mean nothing.
    """

    name: ClassVar[str] = "masked_answers"

    infill: str

    def compute(self, case: Case[Attribution]) -> dict[str, Tensor]:
        return by_block(self._answers, case)

    def passes(self, case: Case[Any], tensors: Mapping[str, Tensor]) -> Passes | None:
        return Passes(len(case))

    def _answers(self, case: Case[Attribution]) -> dict[str, Tensor]:
        shape, explanation = tuple(case.inputs.shape), case.explanation
        features = case.domain.per_feature(explanation.relevance, explanation.polarity, shape).to(case.inputs.device)
        weight, constant = normalised(features)
        infill = case.domain.infill(self.infill, case.inputs, case.ids, case.streams)
        parts = []
        with steady(case.model.module):
            for sample in torch.split(torch.arange(len(case), device=case.inputs.device), case.rows):
                opacity = case.domain.over_channels(weight[sample]).to(case.inputs)
                fill = infill.imputed(weight[sample] > 0, sample)
                outputs = case.predict(opacity * taken(case.inputs, sample) + (1 - opacity) * fill)
                parts.append(read(case, outputs, sample))
        return {"constant": constant, **{name: torch.cat([part[name] for part in parts]) for name in parts[0]}}


def normalised(features: Tensor) -> tuple[Tensor, Tensor]:
    """Each map brought to [0, 1], and which maps are constant: (n, *grid) -> the same, and (n,) bool.

    >>> normalised(torch.tensor([[1.0, 3.0, 2.0]]))
    (tensor([[0.0000, 1.0000, 0.5000]]), tensor([False]))
    """
    flat = features.flatten(1)
    low, high = flat.amin(1, keepdim=True), flat.amax(1, keepdim=True)
    constant = (low == high).squeeze(1)
    span = torch.where(low == high, 1, high - low)
    return ((flat - low) / span).view(features.shape), constant
