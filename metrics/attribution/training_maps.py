"""A method's maps of what the model was trained on."""

from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor

from whybench.errors import Unsupported
from whybench.explanations import Attribution
from whybench.protocols import Artifact, Case, Retraining
from whybench.protocols.model import steady


@dataclass(frozen=True)
class TrainingMaps(Artifact):
    """The maps of the model's m training inputs, each for the class that the model predicts.

    Tensors: `relevance` (m, *grid), one a feature, float64.
    """

    name: ClassVar[str] = "training_maps"
    needs: ClassVar[frozenset[str]] = frozenset({"retraining"})

    def compute(self, case: Case[Attribution]) -> dict[str, Tensor]:
        inputs = training_inputs(case)
        with steady(case.model.module):
            targets = case.predict(inputs).argmax(1)
        explanation = case.explain(inputs=inputs, targets=targets, ids=training_ids(case))
        return {"relevance": case.domain.per_feature(explanation.relevance, explanation.polarity, inputs.shape)}


def training_inputs(case: Case[Any]) -> Tensor:
    """What the model was trained on, as it is asked about it: in the dtype, layout and place of the case's inputs."""
    return retraining_of(case).inputs.to(case.inputs)


def training_ids(case: Case[Any]) -> tuple[str, ...]:
    """Names of the training inputs, which no sample has."""
    return tuple(f"training {i}" for i in range(len(retraining_of(case).labels)))


def retraining_of(case: Case[Any]) -> Retraining:
    """How the model was trained; raises Unsupported where nothing says so."""
    if case.model.retraining is None:
        raise Unsupported(f"nothing says how model {case.model.name!r} can be trained again")
    return case.model.retraining
