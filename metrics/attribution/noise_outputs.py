"""The model's answers to noisy inputs."""

from dataclasses import dataclass
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
    """Gaussian noise on every feature; scale: (n,) its standard deviations."""

    inputs: Tensor
    scale: Tensor
    ids: tuple[str, ...]
    streams: Streams
    draws: int

    @property
    def drawn(self) -> dict[str, Tensor]:
        return {}

    def rows(self, sample: Tensor, draw: Tensor) -> Tensor:
        block = min(self.draws, max(1, LARGEST // self.inputs[0].numel()))
        pairs = list(zip(sample.tolist(), (draw // block).tolist(), strict=True))
        place = {pair: k for k, pair in enumerate(dict.fromkeys(pairs))}
        noise = torch.stack([self._block(*pair, block) for pair in place])
        return self.inputs[sample] + noise[[place[pair] for pair in pairs], draw % block]

    def _block(self, sample: int, block: int, size: int) -> Tensor:
        shape = (size, *self.inputs.shape[1:])
        normal = self.streams.normal("noisy_outputs", self.ids[sample], block, shape)
        return self.scale[sample] * normal.to(self.inputs)
