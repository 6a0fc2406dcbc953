"""The model's answers while random subsets of regions are removed."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from whybench.domains import Infill, Regions
from whybench.metrics.attribution.perturbed_outputs import Perturbation, PerturbedOutputs
from whybench.protocols import Case
from whybench.protocols.blocks import slices
from whybench.streams import Streams

DRAWN = 2**17
"""Random numbers that subsets are read off at once, those of several small samples together."""
LARGEST = 2**17
"""Relevances of removed regions that are looked up at once, since a subset of bytes becomes one of 16 times as many."""


@dataclass(frozen=True)
class SubsetOutputs(PerturbedOutputs):
    """The answers to each sample without a subset of its regions, for `subsets` subsets of `size` regions.

    Where there are no more than `subsets` different ones, each is taken once, in lexicographic order, and nothing is
    random; otherwise they are drawn independently, the same for every infill and for every method.

    infill, region: what stands in for removed features, and the size of a region (None for the domain's default).

    Gives, besides the answers, `removed`: (n, draws, size), the regions that are removed, in the smallest integer type
    that holds them.
    """

    name: ClassVar[str] = "subset_outputs"

    infill: str
    region: int | None
    size: int
    subsets: int

    def perturbation(self, case: Case[Any]) -> Perturbation:
        regions = case.domain.regions(case.inputs.shape, self.region)
        infill = case.domain.infill(self.infill, case.inputs, case.ids, case.streams)
        removed = drawn_subsets(case, len(regions), self.size, self.subsets).to(case.inputs.device)
        return Subsets(regions, infill, removed)


@dataclass(frozen=True, eq=False)
class Subsets:
    """Subsets of regions to be removed: (n, draws, size) positions of regions."""

    regions: Regions
    infill: Infill
    removed: Tensor

    @property
    def draws(self) -> int:
        return self.removed.shape[1]

    @property
    def drawn(self) -> dict[str, Tensor]:
        return {"removed": self.removed}

    def rows(self, sample: Tensor, draw: Tensor) -> Tensor:
        removed = self.removed.flatten(0, 1).index_select(0, sample * self.draws + draw).long()
        kept = torch.ones(len(removed), len(self.regions), dtype=torch.bool, device=removed.device)
        return self.infill.apply(self.regions.mask(kept.scatter_(1, removed, False)), sample)


def drawn_subsets(case: Case[Any], regions: int, size: int, subsets: int) -> Tensor:
    """The regions in each subset of each sample: (n, draws, size)."""
    narrow = torch.uint8 if regions <= 256 else torch.int16 if regions <= 2**15 else torch.int32
    if comb(regions, size) <= subsets:
        every = torch.tensor(list(combinations(range(regions), size)), dtype=narrow)
        return every.repeat(len(case), 1, 1)
    parts = slices(len(case), max(1, DRAWN // (subsets * regions)))
    drawn = (random_subsets(case.streams, case.ids[few], regions, size, subsets) for few in parts)
    return torch.cat([some.to(narrow) for some in drawn])


def random_subsets(streams: Streams, samples: Sequence[str], regions: int, size: int, subsets: int) -> Tensor:
    """Subsets of each sample, uniform among all of `size` out of `regions`: (n, subsets, size) int64, ascending.

    >>> random_subsets(Streams(0), ["a", "b"], 5, 2, 3).shape
    torch.Size([2, 3, 2])
    """
    drawn = streams.uniforms(f"subsets/{size}", [(i, 0) for i in samples], (subsets, regions))
    values = drawn.view(-1, regions).numpy()
    least = np.partition(values, regions - size, 1)[:, regions - size, None]
    largest = np.flatnonzero(values >= least).reshape(-1, size)
    largest -= np.arange(len(largest))[:, None] * regions
    return torch.from_numpy(largest).view(len(samples), subsets, size)


def subset_sums(values: Tensor, removed: Tensor) -> Tensor:
    """The values of the removed regions, summed in each subset: (n, d), (n, draws, size) -> (n, draws).

    >>> subset_sums(torch.tensor([[1.0, 2.0, 4.0]]), torch.tensor([[[0, 1], [0, 2]]])).tolist()
    [[3.0, 5.0]]
    """
    few = max(1, LARGEST // max(1, removed[0].numel()))
    pairs = zip(torch.split(values, few), torch.split(removed, few), strict=True)
    return torch.cat([some.gather(1, of.flatten(1).long()).view(of.shape).sum(2) for some, of in pairs])
