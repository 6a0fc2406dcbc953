"""The model's answers to noisy inputs."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

import torch
from torch import Tensor

from whybench.metrics.attribution.perturbed_outputs import Perturbation, PerturbedOutputs
from whybench.protocols import Case
from whybench.streams import Streams

LARGEST = 2**19
"""Copies of an input come from one stream, up to so many values together: one stream each would cost a small model more
than its passes."""


@dataclass(frozen=True)
class NoiseOutputs(PerturbedOutputs):
    """The answers to noisy copies x + s g of each input, g ~ N(0, 1), s = noise * (max(x) - min(x)) of that input.

    noise: as a share of the input's range; copies: how many.
    """

    name: ClassVar[str] = "noise_outputs"

    noise: float
    copies: int

    def perturbation(self, case: Case[Any]) -> Perturbation:
        flat = case.inputs.flatten(1)
        return Noise(case.inputs, self.noise * (flat.amax(1) - flat.amin(1)), case.ids, case.streams, self.copies)


@dataclass(frozen=True, eq=False)
class Noise:
    """Gaussian noise on every feature; scale: (n,) its standard deviations; blocks: the noise of the last rows, by the
    number of sample and stream, since the next rows often go on in it."""

    inputs: Tensor
    scale: Tensor
    ids: tuple[str, ...]
    streams: Streams
    draws: int
    blocks: dict[int, Tensor] = field(default_factory=dict)

    @property
    def drawn(self) -> dict[str, Tensor]:
        return {}

    def rows(self, sample: Tensor, draw: Tensor) -> Tensor:
        size = min(self.draws, max(1, LARGEST // self.inputs[0].numel()))
        numbers, place = torch.unique_consecutive(sample * self.draws + draw // size, return_inverse=True)
        known = self.blocks.copy()
        self.blocks.clear()
        for number in numbers.tolist():
            self.blocks[number] = known[number] if number in known else self._block(number, size)
        noise = torch.stack([self.blocks[number] for number in numbers.tolist()])
        return self.inputs[sample] + noise[place, draw % size]

    def _block(self, number: int, size: int) -> Tensor:
        sample, block = divmod(number, self.draws)
        shape = (size, *self.inputs.shape[1:])
        normal = self.streams.normal("noisy_outputs", self.ids[sample], block, shape)
        return self.scale[sample] * normal.to(self.inputs)
