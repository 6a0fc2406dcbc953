"""The model's answers to noisy inputs."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import torch
from torch import Tensor

from whybench.layout import taken
from whybench.metrics.attribution.perturbed_outputs import Perturbation, PerturbedOutputs
from whybench.protocols import Case
from whybench.streams import Streams

LARGEST = 2**19
"""Copies of an input come from one stream, up to so many values together: one stream each would cost a small model more
than its passes."""
KEPT = 2**20
"""Values that a request remembers, since whoever asks for the outputs needs the same noise once more."""

Drawn = dict[tuple[Streams, str, int, tuple[int, ...]], Tensor]
"""Standard normal noise by what it is named by and its shape, the last used last."""


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
        scale = self.noise * (flat.amax(1) - flat.amin(1))
        return Noise(case.inputs, scale, case.ids, case.streams, self.copies, self._known)

    @cached_property
    def _known(self) -> Drawn:
        return {}


@dataclass(frozen=True, eq=False)
class Noise:
    """Gaussian noise on every feature; scale: (n,) its standard deviations; known: what was drawn before."""

    inputs: Tensor
    scale: Tensor
    ids: tuple[str, ...]
    streams: Streams
    draws: int
    known: Drawn

    @property
    def drawn(self) -> dict[str, Tensor]:
        return {}

    def rows(self, sample: Tensor, draw: Tensor) -> Tensor:
        features = self.inputs.shape[1:].numel()
        size = min(self.draws, max(1, LARGEST // features))
        numbers, place = torch.unique_consecutive(sample * self.draws + draw // size, return_inverse=True)
        noise = torch.stack([self._block(number, size) for number in numbers.tolist()])
        while len(self.known) > max(len(noise), KEPT // (size * features)):
            del self.known[next(iter(self.known))]
        return taken(self.inputs, sample).add_(noise.flatten(0, 1).index_select(0, place * size + draw % size))

    def _block(self, number: int, size: int) -> Tensor:
        sample, block = divmod(number, self.draws)
        name = self.streams, self.ids[sample], block, (size, *self.inputs.shape[1:])
        normal = self.known.pop(name, None)
        if normal is None:
            normal = self.streams.normal("noisy_outputs", *name[1:])
        self.known[name] = normal
        return self.scale[sample] * normal.to(self.inputs)
