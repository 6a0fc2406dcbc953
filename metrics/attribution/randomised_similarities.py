"""How much of a map survives when the model's weights do not."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor

from whybench.explanations import Attribution
from whybench.metrics.attribution.parameter_layers import parameter_layers
from whybench.metrics.attribution.randomised_models import Randomisation, randomised, responds
from whybench.metrics.attribution.similarities import Reference, available
from whybench.protocols import Artifact, Case

Order = Literal["cascading", "independent"]


@dataclass(frozen=True)
class RandomisedSimilarities(Artifact):
    """The similarity of each map to the maps of the same method on models with randomised layers.

    The layers are parted, from the output down, into `blocks` runs of (as nearly as can be) equal length, and the
    samples are explained again on every one of `seeds` x `blocks` randomised models: block k alone (`independent`) or
    with all blocks above it (`cascading`). Only the similarities are kept, all of them, since the maps themselves are
    as many images as there are models.

    Tensors, for n samples, s seeds and b blocks: `<similarity>` (n, s, b), exactly 1 for an equal map;
    `<similarity>/constant` (n,) bool, the original maps without any order; `<similarity>/blank` (n, s, b) bool, the
    maps without any order on randomised models; `refused` (s, b) bool, the randomised models whose output no longer
    depends on the input, on which nothing was explained; `fraction` (b,), the share of layers down to the block.
    """

    name: ClassVar[str] = "randomised_similarities"

    randomisation: Randomisation
    order: Order
    blocks: int | None
    seeds: int

    def compute(self, case: Case[Any]) -> dict[str, Tensor]:
        layers = parameter_layers(case.model.module, case.inputs[:1])
        ends = block_ends(len(layers), self.blocks)
        original = self._maps(case, case.explanation)
        references = {name: Reference(name, original) for name in available(tuple(original.shape[1:]))}
        shape = (len(case), self.seeds, len(ends))
        values = {name: torch.zeros(shape, dtype=torch.float64) for name in references}
        blank = {name: torch.zeros(shape, dtype=torch.bool) for name in references}
        refused = torch.zeros(shape[1:], dtype=torch.bool)
        for seed in range(self.seeds):
            model = case.model
            for block, (start, end) in enumerate(pairwise([0, *ends])):
                base = model if self.order == "cascading" else case.model
                parameters = [name for layer in layers[start:end] for name in layer]
                model = randomised(base, parameters, self.randomisation, case.streams, seed)
                if not responds(model, case.inputs, case.streams, case.rows):
                    refused[seed, block] = True
                    continue
                maps = self._maps(case, case.explain(model=model))
                for name, reference in references.items():
                    values[name][:, seed, block], blank[name][:, seed, block] = reference.similarity(maps)
        return {
            "refused": refused,
            "fraction": torch.tensor(ends, dtype=torch.float64) / len(layers),
            **values,
            **{f"{name}/blank": mask for name, mask in blank.items()},
            **{f"{name}/constant": reference.constant.cpu() for name, reference in references.items()},
        }

    def _maps(self, case: Case[Any], explanation: Attribution) -> Tensor:
        return case.domain.per_feature(explanation.relevance, explanation.polarity, case.inputs.shape)


def block_ends(layers: int, blocks: int | None) -> list[int]:
    """Where each block of layers ends, counted in layers; every layer is a block of its own where `blocks` is None.

    >>> block_ends(7, 3)
    [2, 5, 7]
    """
    count = layers if blocks is None else min(blocks, layers)
    return [round(layers * (k + 1) / count) for k in range(count)]
