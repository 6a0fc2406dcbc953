"""Which regions of an input the model uses, by changing them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from whybench.passes import Passes
from whybench.protocols import Artifact, Case
from whybench.protocols.blocks import by_block
from whybench.protocols.model import steady

ROUNDING = 64
"""Outputs that differ by fewer machine epsilons of the largest output are the same: passes of other sizes round
otherwise."""


@dataclass(frozen=True)
class UsedRegions(Artifact):
    """`used` (n, regions) bool: whether the explained output moves when a region alone is replaced by noise.

    The region's values become x + s g, g ~ N(0, 1), s the range of that input's values (1 where it is 0); `draws`
    times. n x (regions x draws + 1) passes, once for all methods. A region that moved nothing is unused as far as was
    tried: near x, a dead unit can hide a feature that matters elsewhere. region: side, or None for the domain's.
    """

    name: ClassVar[str] = "used_regions"
    shared: ClassVar[bool] = True

    draws: int
    region: int | None = None

    def compute(self, case: Case[Any]) -> dict[str, Tensor]:
        return by_block(self._used, case)

    def passes(self, case: Case[Any], tensors: Mapping[str, Tensor]) -> Passes | None:
        return Passes((tensors["used"].shape[1] * self.draws + 1) * len(case))

    def _used(self, case: Case[Any]) -> dict[str, Tensor]:
        regions = case.domain.regions(case.inputs.shape, self.region)
        everything = torch.eye(len(regions), dtype=torch.bool, device=case.inputs.device)
        flat = case.inputs.flatten(1)
        spread = flat.amax(1) - flat.amin(1)
        spread = torch.where(spread > 0, spread, 1.0)
        with steady(case.model.module):
            outputs = case.predict(case.inputs)
            clean = case.model.explained(outputs, case.targets).double()
            parts = []
            for sample, place in case.each(len(regions) * self.draws):
                mask = case.domain.over_channels(regions.mask(everything[place // self.draws]))
                noise = self._noise(case, sample, place % self.draws)
                scale = spread[sample].view(-1, *(1,) * (case.inputs.ndim - 1))
                changed = case.predict(case.inputs[sample] + mask * scale * noise)
                parts.append(case.model.explained(changed, case.targets[sample]).double() - clean[sample])
        moved = torch.cat(parts).abs().view(len(case), len(regions), self.draws).amax(2)
        limit = ROUNDING * torch.finfo(outputs.dtype).eps * outputs.double().abs().amax(1).clamp(min=1)
        return {"used": (moved > limit[:, None]).cpu()}

    def _noise(self, case: Case[Any], sample: Tensor, draw: Tensor) -> Tensor:
        pairs = list(zip(sample.tolist(), draw.tolist(), strict=True))
        place = {pair: k for k, pair in enumerate(dict.fromkeys(pairs))}
        shape = tuple(case.inputs.shape[1:])
        drawn = case.streams.normals("used_regions", [(case.ids[i], k) for i, k in place], shape)
        return drawn.to(case.inputs)[[place[pair] for pair in pairs]]
