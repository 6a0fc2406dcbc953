"""Pairs of features that a model treats alike, by swapping them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from whybench.metrics.attribution.used_regions import ROUNDING
from whybench.passes import Passes
from whybench.protocols import Artifact, Case
from whybench.protocols.blocks import by_block
from whybench.protocols.model import steady


@dataclass(frozen=True)
class InterchangeableFeatures(Artifact):
    """`partner` (n, features) int64: the feature that each one can be swapped with, or itself where there is none.

    Candidates are all pairs, or `pairs` of them drawn for all samples where there are more. A pair counts for a sample
    where swapping its values changes the explained output, up to rounding, neither of the sample itself nor of `draws`
    copies with Gaussian noise as wide as the input's range on every value; each feature is in one pair at most, the
    first that fits. Costs n x (candidates + 1) x (draws + 1) passes, once for all methods.
    """

    name: ClassVar[str] = "interchangeable_features"
    shared: ClassVar[bool] = True

    pairs: int
    draws: int

    def compute(self, case: Case[Any]) -> dict[str, Tensor]:
        return by_block(self._partners, case)

    def passes(self, case: Case[Any], tensors: Mapping[str, Tensor]) -> Passes | None:
        candidates = min(math.comb(tensors["partner"].shape[1], 2), self.pairs)
        return Passes((candidates + 1) * (self.draws + 1) * len(case))

    def _partners(self, case: Case[Any]) -> dict[str, Tensor]:
        features = math.prod(case.domain.grid(case.inputs.shape))
        candidates = self._candidates(case, features).to(case.inputs.device)
        swaps = torch.arange(features, device=case.inputs.device).repeat(len(candidates), 1)
        swaps.scatter_(1, candidates, candidates.flip(1))
        fits = torch.ones((len(case), len(candidates)), dtype=torch.bool, device=case.inputs.device)
        with steady(case.model.module):
            for draw in range(self.draws + 1):
                inputs = case.inputs if draw == 0 else self._noisy(case, draw)
                outputs = case.predict(inputs).double()
                clean = case.model.explained(outputs, case.targets)
                limit = ROUNDING * torch.finfo(inputs.dtype).eps * outputs.abs().amax(1).clamp(min=1)
                parts = []
                for sample, pair in case.each(len(candidates)):
                    changed = case.predict(permuted(inputs[sample], swaps[pair], features))
                    difference = case.model.explained(changed, case.targets[sample]).double() - clean[sample]
                    parts.append(difference.abs() <= limit[sample])
                fits &= torch.cat(parts).view(len(case), len(candidates))
        return {"partner": torch.stack([_disjoint(candidates[row].tolist(), features) for row in fits])}

    def _candidates(self, case: Case[Any], features: int) -> Tensor:
        if math.comb(features, 2) <= self.pairs:
            return torch.combinations(torch.arange(features))
        drawn = case.streams.uniform("interchangeable_features", "", 0, (2, self.pairs))
        first = (drawn[0] * features).long()
        return torch.stack([first, (first + 1 + (drawn[1] * (features - 1)).long()) % features], 1)

    def _noisy(self, case: Case[Any], draw: int) -> Tensor:
        flat = case.inputs.flatten(1)
        spread = flat.amax(1) - flat.amin(1)
        scale = torch.where(spread > 0, spread, 1.0).view(-1, *(1,) * (case.inputs.ndim - 1))
        shape = tuple(case.inputs.shape[1:])
        noise = case.streams.normals("interchangeable_features", [(i, draw) for i in case.ids], shape)
        return case.inputs + scale * noise.to(case.inputs)


def permuted(rows: Tensor, order: Tensor, features: int) -> Tensor:
    """Rows (r, ...) with their features, all channels of each, in another order; order: (r, features).

    >>> permuted(torch.tensor([[5, 6, 7]]), torch.tensor([[2, 1, 0]]), 3).tolist()
    [[7, 6, 5]]
    """
    flat = rows.reshape(len(rows), -1, features)
    return flat.gather(2, order[:, None].expand_as(flat)).view_as(rows)


def _disjoint(pairs: list[list[int]], features: int) -> Tensor:
    """The partner of each feature when the pairs are taken in order and none that meets an earlier one."""
    partner = list(range(features))
    for first, second in pairs:
        if partner[first] == first and partner[second] == second:
            partner[first], partner[second] = second, first
    return torch.tensor(partner)
