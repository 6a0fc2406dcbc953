"""Relative output stability."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from whybench.explanations import Attribution
from whybench.metrics.attribution.nearby_inputs import NearbyAnswers
from whybench.metrics.attribution.nearby_metric import NearbyMetric
from whybench.protocols import Case
from whybench.registries import register


@register
@dataclass(frozen=True)
class RelativeOutputStability(NearbyMetric):
    """How much a map changes beside the model's outputs, where little moves.

    score = max over draws of |(R(x') - R(x)) / R(x)|_2 / |h(x') - h(x)|_2, x' = x + u, u uniform in
    [-radius, radius] for each value, h all of the outputs; vectors are divided element by element; in [0, inf), in
    1 / unit of output. Only inputs x' with the predicted class of x are judged, and of those the ones where the
    denominator is not 0 (`judged` is their share). Elements below 1e-6 of the largest in their vector are taken as that
    large in a denominator: the definition says nothing of zeros, of which images and maps are full. Lower counts as
    better, hence a constant map wins.

    draws: how many inputs nearby; radius: in units of the input space. A zero map is undefined. Costs one
    explanation a draw, shared with the other metrics of nearby inputs, and n x (draws + 1) passes shared by methods.

    Raises BadParameter.

    Source: agarwal2022.
    """

    name: ClassVar[str] = "relative_output_stability"
    reference: ClassVar[str] = "agarwal2022"

    def ratios(self, case: Case[Attribution], maps: dict[str, Tensor]) -> Tensor:
        answers = case.artifact(NearbyAnswers(self.draws, self.radius))
        change = answers["output"]
        return torch.where(answers["same"] & (change > 0), maps["relative"] / change, torch.nan)
