"""What the model says to the clean inputs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from whybench.passes import Passes
from whybench.protocols import Artifact, Case
from whybench.protocols.model import steady
from whybench.sweeps.answers import read


@dataclass(frozen=True)
class CleanAnswers(Artifact):
    """The answers to the clean inputs, one pass a sample for all methods: as `sweeps.answers.read`, (n,) each."""

    name: ClassVar[str] = "clean_answers"
    shared: ClassVar[bool] = True

    def compute(self, case: Case[Any]) -> dict[str, Tensor]:
        with steady(case.model.module):
            outputs = case.predict(case.inputs)
        return read(case, outputs, torch.arange(len(case), device=case.targets.device))

    def passes(self, case: Case[Any], tensors: Mapping[str, Tensor]) -> Passes | None:
        return Passes(len(case))
