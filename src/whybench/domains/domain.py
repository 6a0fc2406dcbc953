"""The domain of an input: features, regions of features, and what stands in for a removed feature."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import torch
from torch import Tensor

from whybench.domains.infills import FixedInfill, Infill
from whybench.domains.players import PlayerKind, Players, shared
from whybench.errors import BadExplanation, BadInput, BadParameter, Unsupported, shown
from whybench.explanations import Polarity
from whybench.streams import Streams


@dataclass(frozen=True, eq=False)
class Regions:
    """A partition of a feature grid into the d pieces that are removed and kept as one.

    index: grid-shaped int64, the region of each feature; sizes: (d,) int64, the number of features of each.
    """

    index: Tensor
    sizes: Tensor

    def __len__(self) -> int:
        return len(self.sizes)

    def sums(self, per_feature: Tensor) -> Tensor:
        """Relevance summed within each region: (n, *grid) -> (n, d), in float64."""
        flat = per_feature.double().flatten(1)
        if self._single:
            return flat
        return flat.new_zeros(len(flat), len(self)).index_add_(1, self.index.flatten().to(flat.device), flat)

    def mask(self, kept: Tensor) -> Tensor:
        """Which features are kept where `kept` says which regions are: (rows, d) -> (rows, *grid)."""
        return kept.reshape(-1, *self.index.shape) if self._single else kept[:, self.index.to(kept.device)]

    @cached_property
    def _single(self) -> bool:
        """Whether every feature is a region of its own, in their order."""
        return torch.equal(self.index.flatten(), torch.arange(len(self), device=self.index.device))


@dataclass(frozen=True, eq=False)
class Domain(ABC):
    """What a feature is in one kind of input.

    low, high: the bounds of valid inputs; mean: the data's mean; baseline: the reference input of methods that need
    one. All in the model's input space, as numbers or as tensors that broadcast against one sample.
    """

    name: ClassVar[str]
    infills: ClassVar[tuple[str, ...]]
    """The infills by name; a feature that is removed takes its value from one of them."""

    low: Tensor | float | None = None
    high: Tensor | float | None = None
    mean: Tensor | float = 0.0
    baseline: Tensor | float = 0.0

    @property
    @abstractmethod
    def default_infills(self) -> tuple[str, ...]:
        """Those over which the headline faithfulness score is averaged: all that this domain has the facts for."""

    @abstractmethod
    def grid(self, shape: Sequence[int]) -> tuple[int, ...]:
        """The shape of one sample's features, from the shape of a batch of inputs."""

    @abstractmethod
    def region_size(self, shape: Sequence[int]) -> int:
        """The default side of a region, in features."""

    def side(self, shape: Sequence[int], size: int | None = None) -> int:
        """`size`, or the default side of a region; raises Unsupported where it is larger than all of the features."""
        grid = self.grid(shape)
        if size is not None and size > max(grid):
            raise Unsupported(
                f"region={size} is larger than the {self.name} inputs of {' x '.join(map(str, grid))} features; at "
                f"most {max(grid)} fits, and the default is {self.region_size(shape)}"
            )
        return size or self.region_size(shape)

    @abstractmethod
    def regions(self, shape: Sequence[int], size: int | None = None) -> Regions:
        """The partition into regions of `size`, or of this domain's default size."""

    @abstractmethod
    def over_channels(self, features: Tensor) -> Tensor:
        """A (rows, *grid) tensor made to broadcast against (rows, ...) inputs."""

    @abstractmethod
    def per_feature(self, relevance: Tensor, polarity: Polarity, shape: Sequence[int]) -> Tensor:
        """One relevance a feature, (n, *grid) in float64, for inputs of `shape`."""

    def players(
        self, inputs: Tensor, kind: PlayerKind | None = None, size: int | None = None, segments: int = 50
    ) -> Players:
        """The pieces that methods put in and take out as one: here always the regions of `size`."""
        if kind == "superpixels":
            raise Unsupported(f"superpixels are pieces of images; {self.name} inputs have none")
        return shared(self.regions(inputs.shape, size).index, inputs)

    def infill(self, name: str, inputs: Tensor, ids: Sequence[str], streams: Streams) -> Infill:
        """What stands in for removed features of `inputs`, drawn once a sample where it is random."""
        if name == "zero":
            return self.fixed(inputs, self.like(0.0, inputs))
        if name == "mean":
            return self.fixed(inputs, self.like(self.mean, inputs))
        if name == "uniform":
            return self.fixed(inputs, self.uniform(inputs, ids, streams))
        if name == "lowest":
            return self.fixed(inputs, inputs.flatten(1).amin(1).view(-1, *[1] * (inputs.ndim - 1)).expand_as(inputs))
        if name not in self.infills:
            raise BadParameter(f"unknown infill {name!r} for {self.name} inputs; allowed: {', '.join(self.infills)}")
        raise Unsupported(f"infill {name!r} is not defined for these {self.name} inputs")

    def fixed(self, inputs: Tensor, fill: Tensor) -> FixedInfill:
        """An infill whose values do not depend on what is kept."""
        return FixedInfill(inputs, fill, self.over_channels)

    def uniform(self, inputs: Tensor, ids: Sequence[str], streams: Streams) -> Tensor:
        """Noise uniform between the domain's bounds, one draw a sample, shared by all methods."""
        low, high = self.bounds("uniform", inputs)
        noise = streams.uniforms("infill/uniform", [(i, 0) for i in ids], tuple(inputs.shape[1:])).to(inputs)
        return noise.mul_(high - low).add_(low)

    def bounds(self, infill: str, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Lowest and highest values, shaped like `inputs`; Unsupported, naming `infill`, where they are not known."""
        if self.low is None or self.high is None:
            raise Unsupported(f"infill {infill!r} needs the bounds of the {self.name} inputs, which are not given")
        return self.like(self.low, inputs), self.like(self.high, inputs)

    def normal(self, role: str, inputs: Tensor, ids: Sequence[str], streams: Streams) -> Tensor:
        """Standard normal noise shaped like `inputs`, one draw a sample."""
        return streams.normals(role, [(i, 0) for i in ids], tuple(inputs.shape[1:]), inputs.dtype).to(inputs)

    def like(self, value: Tensor | float, inputs: Tensor) -> Tensor:
        """`value` as a tensor of the shape, dtype and device of `inputs`."""
        return self._fitting("a value", value, inputs.shape).to(inputs).expand_as(inputs)

    def check(self, shape: Sequence[int]) -> None:
        """Raise BadInput, with both shapes, where what is known of the data does not fit inputs of `shape`."""
        for name in ("baseline", "mean", "low", "high"):
            value = getattr(self, name)
            if value is not None:
                self._fitting(name, value, shape)

    def _fitting(self, name: str, value: Tensor | float, shape: Sequence[int]) -> Tensor:
        try:
            known = value if isinstance(value, Tensor) else torch.as_tensor(value, dtype=torch.float64)
        except (TypeError, ValueError, RuntimeError) as error:
            raise BadInput(f"{name}={shown(value)}; expected a number or a tensor") from error
        pairs = zip(reversed(known.shape), reversed(shape), strict=False)
        if known.ndim > len(shape) or any(size not in (1, wanted) for size, wanted in pairs):
            raise BadInput(
                f"{name} of shape {tuple(known.shape)} does not fit {self.name} inputs of shape {tuple(shape)}; give a "
                f"number, or a tensor that broadcasts against one sample, {tuple(shape[1:])}"
            )
        return known

    def misshapen(self, relevance: Tensor, shape: Sequence[int]) -> BadExplanation:
        """The error for relevance that does not fit inputs of `shape`."""
        return BadExplanation(
            f"relevance of shape {tuple(relevance.shape)} does not fit {self.name} inputs of shape {tuple(shape)}"
        )


def infill_names(domain: type[Domain] = Domain) -> tuple[str, ...]:
    """Every infill that some domain knows.

    >>> infill_names()
    ('blur', 'inpainter', 'local', 'lowest', 'mean', 'noisy_linear', 'rise_blur', 'uniform', 'zero')
    """
    names = set(getattr(domain, "infills", ()))
    for narrower in domain.__subclasses__():
        names.update(infill_names(narrower))
    return tuple(sorted(names))
