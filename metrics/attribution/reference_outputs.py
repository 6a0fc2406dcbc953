"""What the explained output is at the reference that a map is measured from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor

from whybench.errors import BadParameter, Unsupported
from whybench.passes import Passes
from whybench.protocols import Artifact, Case
from whybench.protocols.model import steady


@dataclass(frozen=True)
class ReferenceOutputs(Artifact):
    """f(reference) of each sample's target, `logit` (n,) float64, once for all methods with the same reference.

    of: `baseline`, one pass a sample: the infill `infill` with every feature removed, or the domain's baseline;
    `background`, `count` passes: the mean over a background drawn from the training data; `training`: the mean over
    all of it.

    Raises BadParameter; Unsupported for a background of a model without training data.
    """

    name: ClassVar[str] = "reference_outputs"
    shared: ClassVar[bool] = True

    of: Literal["baseline", "background", "training"]
    infill: str | None = None
    count: int = 0

    def __post_init__(self) -> None:
        if self.of not in ("baseline", "background", "training"):
            raise BadParameter(f"reference_outputs: of={self.of!r}; allowed: baseline, background, training")

    def compute(self, case: Case[Any]) -> dict[str, Tensor]:
        with steady(case.model.module):
            if self.of == "baseline":
                outputs = case.predict(self._baseline(case))
                return {"logit": case.model.explained(outputs, case.targets).double()}
            outputs = case.predict(self._background(case)).double()
        mean = outputs.mean(0, keepdim=True).expand(len(case), -1)
        return {"logit": case.model.explained(mean, case.targets)}

    def passes(self, case: Case[Any], tensors: Mapping[str, Tensor]) -> Passes | None:
        return Passes(len(case) if self.of == "baseline" else len(self._background(case)))

    def _baseline(self, case: Case[Any]) -> Tensor:
        if self.infill is None:
            return case.domain.like(case.domain.baseline, case.inputs)
        every = torch.arange(len(case), device=case.inputs.device)
        kept = torch.zeros((len(case), *case.domain.grid(case.inputs.shape)), dtype=torch.bool, device=every.device)
        return case.domain.infill(self.infill, case.inputs, case.ids, case.streams).apply(kept, every)

    def _background(self, case: Case[Any]) -> Tensor:
        learned = case.model.training
        if learned is None:
            raise Unsupported(f"model {case.model.name!r} has no training data to average over")
        drawn = learned.inputs if self.of == "training" else learned.background(self.count, case.streams)
        return drawn.to(case.inputs)
