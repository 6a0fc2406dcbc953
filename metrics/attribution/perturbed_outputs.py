"""What the model says to perturbed inputs that depend on no map: drawn once and forwarded once for all methods."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from torch import Tensor

from whybench.passes import Passes
from whybench.protocols import Artifact, Case
from whybench.protocols.blocks import by_block
from whybench.protocols.model import steady
from whybench.sweeps.answers import read_all


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
        """Perturbed inputs, one a pair of the int64 positions `sample` and `draw`; made anew, to be written into."""
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
        with steady(case.model.module):
            said = read_all(case, self._outputs(case, perturbation))
        return {**perturbation.drawn, **{name: values.view(len(case), -1) for name, values in said.items()}}

    def _outputs(self, case: Case[Any], perturbation: Perturbation) -> Iterator[tuple[Tensor, Tensor]]:
        for sample, draw in case.each(perturbation.draws, case.passes_together):
            yield case.predict(perturbation.rows(sample, draw), disposable=True), sample
