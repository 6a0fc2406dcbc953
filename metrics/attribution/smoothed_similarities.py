"""How much of a map that was averaged over noisy inputs survives when the model's weights do not."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from whybench.metrics.attribution.randomised_similarities import RandomisedSimilarities
from whybench.passes import Passes
from whybench.protocols import Case, Model

KEPT = 2**24
"""How many values of noisy inputs are kept in memory; where there are more, they are drawn anew for each model."""


@dataclass(frozen=True)
class SmoothedSimilarities(RandomisedSimilarities):
    """The similarities of `RandomisedSimilarities`, of maps averaged over noisy copies of the input.

    The map on any model, the original one too, is the mean of the relevances of x + noise (max x - min x) z over
    `samples` draws of z ~ N(0, I), the same draws for all models and methods; channels become features afterwards.
    """

    name: ClassVar[str] = "smoothed_similarities"

    samples: int
    noise: float

    def asked(self, case: Case[Any]) -> tuple[Tensor, Callable[[Model], Tensor]]:
        noisy, together = self._noisy(case), max(1, case.rows // len(case))

        def maps(model: Model) -> Tensor:
            mean = torch.zeros(())
            for start in range(0, self.samples, together):
                inputs = noisy(range(start, min(start + together, self.samples)))
                draws = len(inputs) // len(case)
                found = case.explain(
                    model=model, inputs=inputs, targets=case.targets.repeat(draws), ids=case.ids * draws
                )
                for draw, relevance in enumerate(found.relevance.double().split(len(case)), start + 1):
                    mean = mean + (relevance - mean) / draw  # exact where all relevances are equal
            return case.domain.per_feature(mean, found.polarity, case.inputs.shape)

        return maps(case.model), maps

    def _noisy(self, case: Case[Any]) -> Callable[[range], Tensor]:
        """The inputs with the noise of some draws, draw after draw."""
        inputs, known = case.inputs, dict[range, Tensor]()
        flat, shape = inputs.flatten(1), tuple(inputs.shape[1:])
        deviation = self.noise * (flat.amax(1) - flat.amin(1)).view(-1, *(1,) * len(shape))

        def noisy(draws: range) -> Tensor:
            if draws in known:
                return known[draws]
            names = [(name, draw) for draw in draws for name in case.ids]
            noise = case.streams.normals("smooth_mprt", names, shape, inputs.dtype).to(inputs)
            moved = (inputs + deviation * noise.view(len(draws), *inputs.shape)).flatten(0, 1)
            if inputs.numel() * self.samples <= KEPT:
                known[draws] = moved
            return moved

        return noisy

    def passes(self, case: Case[Any], tensors: Mapping[str, Tensor]) -> Passes | None:
        return case.asked(self.samples * (1 + int((~tensors["refused"]).sum())))
