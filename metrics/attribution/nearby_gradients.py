"""The gradients at inputs near the one that is explained, the same for all methods that read their map off one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from whybench.metrics.attribution.nearby_inputs import NearbyInputs, few_enough
from whybench.passes import Passes
from whybench.protocols import Artifact, Case, Query
from whybench.protocols.model import steady
from whybench.protocols.one_gradient import OneGradient, gradients


@dataclass(frozen=True)
class NearbyGradients(Artifact):
    """The gradient of the explained output at `draws` inputs within `radius` of each sample.

    Tensor `gradient`, (n, draws, ...), in the inputs' type. As many forward and backward passes.
    """

    name: ClassVar[str] = "nearby_gradients"
    shared: ClassVar[bool] = True

    draws: int
    radius: float

    def serves(self, case: Case[Any]) -> bool:
        """Whether the case's method reads its map off one gradient, and all of them are few enough to be kept."""
        return isinstance(case.method, OneGradient) and few_enough(case, self.draws)

    def compute(self, case: Case[Any]) -> dict[str, Tensor]:
        parts = []
        with steady(case.model.module):
            for sample, _, inputs in NearbyInputs(self.draws, self.radius).batches(case):
                ids = tuple([case.ids[i] for i in sample.tolist()])
                query = Query(case.model, inputs, case.targets[sample], ids, case.streams, case.rows)
                parts.append(gradients(query))
        return {"gradient": torch.cat(parts).view(len(case), self.draws, *case.inputs.shape[1:])}

    def passes(self, case: Case[Any], tensors: Mapping[str, Tensor]) -> Passes | None:
        return Passes(1, 1) * (len(case) * self.draws)
