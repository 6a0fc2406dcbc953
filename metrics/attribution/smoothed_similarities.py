"""How much of a map that was averaged over noisy inputs survives when the model's weights do not."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

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
        noisy = self._noisy(case)

        def maps(model: Model) -> Tensor:
            first = case.explain(model=model, inputs=noisy(0))
            mean = first.relevance.double()
            for draw in range(1, self.samples):
                relevance = case.explain(model=model, inputs=noisy(draw)).relevance.double()
                mean = mean + (relevance - mean) / (draw + 1)  # exact where all relevances are equal
            return case.domain.per_feature(mean, first.polarity, case.inputs.shape)

        return maps(case.model), maps

    def _noisy(self, case: Case[Any]) -> Callable[[int], Tensor]:
        """The inputs with the noise of one draw."""
        inputs, known = case.inputs, dict[int, Tensor]()
        flat, shape = inputs.flatten(1), tuple(inputs.shape[1:])
        deviation = self.noise * (flat.amax(1) - flat.amin(1)).view(-1, *(1,) * len(shape))

        def noisy(draw: int) -> Tensor:
            if draw in known:
                return known[draw]
            noise = case.streams.normals("smooth_mprt", [(name, draw) for name in case.ids], shape)
            moved = inputs + deviation * noise.to(inputs)
            if inputs.numel() * self.samples <= KEPT:
                known[draw] = moved
            return moved

        return noisy

    def passes(self, case: Case[Any], tensors: Mapping[str, Tensor]) -> Passes | None:
        return case.asked(self.samples * (1 + int((~tensors["refused"]).sum())))
