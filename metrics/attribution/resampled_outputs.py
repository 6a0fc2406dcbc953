"""The model's answers while one region at a time takes random values."""

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from whybench.domains import Domain, Regions
from whybench.layout import taken
from whybench.metrics.attribution.perturbed_outputs import Perturbation, PerturbedOutputs
from whybench.protocols import Case
from whybench.streams import Streams


@dataclass(frozen=True)
class ResampledOutputs(PerturbedOutputs):
    """The answers to each sample with one region drawn anew, uniform between the domain's bounds: regions x draws.

    region: the size of a region, None for the domain's default; draws: how often each region is drawn. The draws of a
    region are next to each other. Raises Unsupported where the bounds are not known.
    """

    name: ClassVar[str] = "resampled_outputs"

    region: int | None
    draws: int

    def perturbation(self, case: Case[Any]) -> Perturbation:
        regions = case.domain.regions(case.inputs.shape, self.region)
        low, high = case.domain.bounds("uniform", case.inputs)
        return Resampled(case.domain, regions, case.inputs, low, high, case.ids, case.streams, self.draws)


@dataclass(frozen=True, eq=False)
class Resampled:
    """Every region of every sample in turn, each replaced `repeats` times."""

    domain: Domain
    regions: Regions
    inputs: Tensor
    low: Tensor
    high: Tensor
    ids: tuple[str, ...]
    streams: Streams
    repeats: int

    @property
    def draws(self) -> int:
        return len(self.regions) * self.repeats

    @property
    def drawn(self) -> dict[str, Tensor]:
        return {}

    def rows(self, sample: Tensor, draw: Tensor) -> Tensor:
        first, last = int(sample[0]), int(sample[-1])
        values = torch.stack([self.values(i) for i in range(first, last + 1)])
        kept = self.regions.index.to(sample.device) != (draw // self.repeats).view(-1, *[1] * self.regions.index.ndim)
        new = values[sample - first, draw % self.repeats]
        return torch.where(self.domain.over_channels(kept), taken(self.inputs, sample), new)

    def values(self, sample: int) -> Tensor:
        """What the regions of one sample take: (repeats, ...), each as a whole input."""
        shape = (self.repeats, *self.inputs.shape[1:])
        share = self.streams.uniform("resampled", self.ids[sample], 0, shape).to(self.inputs)
        return self.low[sample] + (self.high[sample] - self.low[sample]) * share
