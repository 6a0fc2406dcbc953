"""What the model says to perturbed inputs that depend on no map: drawn once and forwarded once for all methods."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, ClassVar, Protocol

import torch
from torch import Tensor

from whybench.passes import Passes
from whybench.protocols import Artifact, Case
from whybench.protocols.blocks import by_block
from whybench.protocols.model import steady
from whybench.sweeps.answers import read

TOGETHER = 16
"""Batches whose outputs are read together: for a small model to read each by itself costs a part of its pass."""


class Perturbation(Protocol):
    """How the samples of one case are perturbed, in the same way for every map."""

    @property
    def draws(self) -> int:
        """How often each sample is perturbed."""
        ...

    @property
    def drawn(self) -> dict[str, Tensor]:
        """What metrics need to know of the draws, first dimension the samples; stored with the outputs."""
        ...

    def rows(self, sample: Tensor, draw: Tensor) -> Tensor:
        """Perturbed inputs, one a pair of the int64 positions `sample` and `draw`."""
        ...


@dataclass(frozen=True)
class PerturbedOutputs(Artifact):
    """The model's answers to all draws of a perturbation: n x draws passes, once for all methods.

    Gives what was drawn and, each (n, draws), `logit` and for classifiers `probability`, `log_odds`, `predicted`.

    Raises BadInput where the model returns something of the wrong shape, or NaN.
    """

    shared: ClassVar[bool] = True

    @abstractmethod
    def perturbation(self, case: Case[Any]) -> Perturbation:
        """The perturbation of the samples of a case; its draws are named, hence the same at every call."""

    def compute(self, case: Case[Any]) -> dict[str, Tensor]:
        return by_block(self._answers, case)

    def passes(self, case: Case[Any], tensors: Mapping[str, Tensor]) -> Passes | None:
        return Passes(tensors["logit"].numel())

    def _answers(self, case: Case[Any]) -> dict[str, Tensor]:
        perturbation = self.perturbation(case)
        batches, parts = case.each(perturbation.draws), []
        with steady(case.model.module):
            while group := list(islice(batches, TOGETHER)):
                outputs = [self._outputs(case, perturbation, sample, draw) for sample, draw in group]
                parts.append(read(case, torch.cat(outputs), torch.cat([sample for sample, _ in group])))
        said = {name: torch.cat([part[name] for part in parts]).view(len(case), -1) for name in parts[0]}
        return {**perturbation.drawn, **said}

    def _outputs(self, case: Case[Any], perturbation: Perturbation, sample: Tensor, draw: Tensor) -> Tensor:
        return case.predict(perturbation.rows(sample, draw))
