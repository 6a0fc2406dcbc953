"""How much of a map survives when the model's weights do not."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor

from whybench.explanations import Attribution
from whybench.metrics.attribution.randomised_models import Randomisation
from whybench.metrics.attribution.randomiser import Randomiser
from whybench.metrics.attribution.similarities import Reference, available
from whybench.passes import Passes
from whybench.protocols import Artifact, Case, Method, Model
from whybench.protocols.blocks import part, slices

Order = Literal["cascading", "independent", "bottom_up"]

WAITING = 2**18
"""How many values of maps are gathered before they are compared: ranks of many small maps are cheaper at once."""
TOGETHER = 2**22
"""How many values of inputs are explained on all models before the next ones are: what is kept of maps is held for
these alone, and to randomise the models once more for the next ones takes little beside so many gradients."""


@dataclass(frozen=True)
class RandomisedSimilarities(Artifact):
    """The similarity of each map to the maps of the same method on models with randomised layers.

    The layers are parted, from the output down, into `blocks` runs of (as nearly as can be) equal length, and the
    samples are explained again on every one of `seeds` x `blocks` randomised models: block k alone (`independent`) or
    with all blocks above it (`cascading`); `bottom_up` goes the other way, from the input on, each block with all
    below it. Only the similarities are kept, all of them, since the maps themselves are as many images as there are
    models.

    Tensors, for n samples, s seeds and b blocks: `<similarity>` (n, s, b), exactly 1 for an equal map;
    `<similarity>/constant` (n,) bool, the original maps without any order; `<similarity>/blank` (n, s, b) bool, the
    maps without any order on randomised models; `refused` (s, b) bool, the randomised models whose output no longer
    depends on the input, on which nothing was explained; `fraction` (b,), the share of layers up to the block's end.
    """

    name: ClassVar[str] = "randomised_similarities"

    randomisation: Randomisation
    order: Order
    blocks: int | None
    seeds: int

    def compute(self, case: Case[Any]) -> dict[str, Tensor]:
        models = Randomiser(case)
        layers = models.layers[::-1] if self.order == "bottom_up" else models.layers
        ends = block_ends(len(layers), self.blocks)
        blocks = [[name for layer in layers[start:end] for name in layer] for start, end in pairwise([0, *ends])]
        refused = torch.zeros(self.seeds, len(blocks), dtype=torch.bool)
        parts = []
        for few in slices(len(case), together(case)):
            some = part(case, few)
            original, maps = self.asked(some)
            found = Comparisons(original, (len(some), *refused.shape))
            cumulative = self.order != "independent"
            for seed, block, model in models.models(self.randomisation, blocks, self.seeds, cumulative=cumulative):
                if model is None:
                    refused[seed, block] = True
                else:
                    found.add(seed, block, maps(model))
            parts.append(found.tensors())
        return {
            "refused": refused,
            "fraction": torch.tensor(ends, dtype=torch.float64) / len(layers),
            **{name: torch.cat([each[name] for each in parts]) for name in parts[0]},
        }

    def passes(self, case: Case[Any], tensors: Mapping[str, Tensor]) -> Passes | None:
        return case.asked(int((~tensors["refused"]).sum()))

    def asked(self, case: Case[Any]) -> tuple[Tensor, Callable[[Model], Tensor]]:
        """One value a feature of each sample, (n, *grid): on the original model, and a way to ask it of another one."""

        def maps(explanation: Attribution) -> Tensor:
            return case.domain.per_feature(explanation.relevance, explanation.polarity, case.inputs.shape)

        return maps(case.explanation), lambda model: maps(case.explain(model=model))


def together(case: Case[Any]) -> int:
    """How many samples are explained on all models before the next ones are: whole batches.

    All of them where the method learns of each model, which it would do again for the next ones.
    """
    if case.method is not None and type(case.method).prepare is not Method.prepare:
        return len(case)
    return case.rows * max(1, TOGETHER // (case.rows * case.inputs[0].numel()))


class Comparisons:
    """Similarities of maps to the original ones, gathered until there are enough to be ranked at once.

    original: (n, *grid); shape: (n, seeds, blocks).
    """

    def __init__(self, original: Tensor, shape: tuple[int, int, int]) -> None:
        self._references = {name: Reference(name, original) for name in available(tuple(original.shape[1:]))}
        self._unsigned = bool(original.amin() >= 0)
        self._values = {name: torch.zeros(shape, dtype=torch.float64) for name in self._references}
        self._blank = {name: torch.zeros(shape, dtype=torch.bool) for name in self._references}
        self._most = max(1, WAITING // original.numel())
        self._waiting: list[tuple[int, int, Tensor]] = []

    def add(self, seed: int, block: int, maps: Tensor) -> None:
        self._waiting.append((seed, block, maps))
        if len(self._waiting) == self._most:
            self._compare()

    def tensors(self) -> dict[str, Tensor]:
        """What `RandomisedSimilarities` says of each similarity."""
        self._compare()
        return {
            **self._values,
            **{f"{name}/blank": mask for name, mask in self._blank.items()},
            **{f"{name}/constant": reference.constant.cpu() for name, reference in self._references.items()},
        }

    def _compare(self) -> None:
        if not self._waiting:
            return
        seeds, blocks, maps = zip(*self._waiting, strict=True)
        self._waiting = []
        joined = torch.cat(maps)
        unsigned = self._unsigned and bool(joined.amin() >= 0)
        found: dict[str, tuple[Tensor, Tensor]] = {}
        for name, reference in self._references.items():
            alike = unsigned and name == "spearman_abs"  # maps without signs lose none
            found[name] = found["spearman"] if alike else reference.similarity(joined)
            values, blank = (t.view(len(maps), -1).T.cpu() for t in found[name])
            self._values[name][:, seeds, blocks], self._blank[name][:, seeds, blocks] = values, blank


def block_ends(layers: int, blocks: int | None) -> list[int]:
    """Where each block of layers ends, counted in layers; every layer is a block of its own where `blocks` is None.

    >>> block_ends(7, 3)
    [2, 5, 7]
    """
    count = layers if blocks is None else min(blocks, layers)
    return [round(layers * (k + 1) / count) for k in range(count)]
