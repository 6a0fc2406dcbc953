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
KEPT = 2**24
"""Bytes of noise that a request remembers, since whoever asks for the outputs needs the same noise once more."""

Name = tuple[Streams, str, int, tuple[int, ...], torch.dtype]
"""What copies are named by (streams, sample, number), their shape and type."""


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
    def _known(self) -> dict[Name, Tensor]:
        return {}


@dataclass(frozen=True, eq=False)
class Noise:
    """Gaussian noise on every feature; scale: (n,) its standard deviations; known: standard noise drawn before."""

    inputs: Tensor
    scale: Tensor
    ids: tuple[str, ...]
    streams: Streams
    draws: int
    known: dict[Name, Tensor]

    @property
    def drawn(self) -> dict[str, Tensor]:
        return {}

    def rows(self, sample: Tensor, draw: Tensor) -> Tensor:
        features = self.inputs.shape[1:].numel()
        size = min(self.draws, max(1, LARGEST // features))
        numbers, place = torch.unique_consecutive(sample * self.draws + draw // size, return_inverse=True)
        noise = torch.stack(self._normals(numbers.tolist(), (size, *self.inputs.shape[1:])))
        noise.mul_(self.scale[numbers // self.draws].view(-1, *[1] * self.inputs.ndim))
        return taken(self.inputs, sample).add_(noise.flatten(0, 1).index_select(0, place * size + draw % size))

    def _normals(self, numbers: list[int], shape: tuple[int, ...]) -> list[Tensor]:
        """Copies by number, those of one stream each; of what has no room the last stays: the next rows begin in it."""
        names = {n: self._name(n, shape) for n in numbers}
        new = [name for name in names.values() if name not in self.known]
        if new:
            draws = [(sample, block) for _, sample, block, *_ in new]
            drawn = self.streams.normals("noisy_outputs", draws, shape, self.inputs.dtype).to(self.inputs)
            self.known.update(zip(new, drawn.unbind(), strict=True))
        found = [self.known[names[n]] for n in numbers]
        room = max(len(found), KEPT // found[0].nbytes)
        for name in list(self.known)[room - 1 : -1]:
            del self.known[name]
        return found

    def _name(self, number: int, shape: tuple[int, ...]) -> Name:
        sample, block = divmod(number, self.draws)
        return self.streams, self.ids[sample], block, shape, self.inputs.dtype
