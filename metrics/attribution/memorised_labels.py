"""Weights of models that learned randomly permuted labels by heart."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from whybench.errors import Unsupported
from whybench.metrics.attribution.randomised_models import Twin
from whybench.passes import Passes
from whybench.protocols import Artifact, Case, Retraining
from whybench.protocols.asking import predict
from whybench.protocols.model import steady

WEIGHTS = "weights"


@dataclass(frozen=True)
class MemorisedLabels(Artifact):
    """What the model's own training makes of its training samples with their labels in a random order.

    One order of labels a seed, the same for all methods. Training starts over with twice the steps, from the model's
    own number on, until the share of training samples that are told as labelled is above `accuracy`.

    Tensors: `accuracy` (seeds,), what was reached; `effort` (seeds,), by how many times the model's own steps;
    `<seed>/weights/<name>`, the weights as the module names them.

    Raises Unsupported, with what was reached, where `effort` times the model's own steps are not enough, and for models
    that cannot be trained again.
    """

    name: ClassVar[str] = "memorised_labels"
    shared: ClassVar[bool] = True

    seeds: int
    accuracy: float
    effort: int

    def compute(self, case: Case[Any]) -> dict[str, Tensor]:
        retraining = case.model.retraining
        if retraining is None:
            raise Unsupported(f"nothing says how model {case.model.name!r} can be trained again")
        found: dict[str, Tensor] = {}
        accuracies, efforts = [], []
        for seed in range(self.seeds):
            order = case.streams.permutation("data_randomisation", "", seed, len(retraining.labels))
            weights, accuracy, effort = self._memorised(case, retraining, order)
            found |= {f"{seed}/{WEIGHTS}/{name}": values.clone() for name, values in weights.items()}
            accuracies.append(accuracy)
            efforts.append(float(effort))
        return {**found, "accuracy": torch.tensor(accuracies).double(), "effort": torch.tensor(efforts).double()}

    def passes(self, case: Case[Any], tensors: Mapping[str, Tensor]) -> Passes | None:
        assert case.model.retraining is not None
        told = sum(effort.bit_length() for effort in tensors["effort"].int().tolist())
        return Passes(told * len(case.model.retraining.labels))

    def _memorised(
        self, case: Case[Any], retraining: Retraining, order: Tensor
    ) -> tuple[Mapping[str, Tensor], float, int]:
        labels = retraining.labels[order.to(retraining.labels.device)]
        twin, effort, accuracy = Twin(case.model), 1, 0.0
        while effort <= self.effort:
            weights = retraining.train(labels, effort)
            model = twin.holding(weights)
            with steady(model.module):
                told = predict(model, retraining.inputs.to(case.inputs), case.rows).argmax(1)
            accuracy = float((told == labels.to(told.device)).double().mean())
            if accuracy > self.accuracy:
                return weights, accuracy, effort
            effort *= 2
        raise Unsupported(
            f"model {case.model.name!r} tells only {accuracy:.0%} of its training samples by permuted labels after "
            f"{effort // 2} times the steps of its training; more than {self.accuracy:.0%} are needed"
        )


def weights_of(found: Mapping[str, Tensor], seed: int) -> dict[str, Tensor]:
    """The weights of one seed, by their own names."""
    start = f"{seed}/{WEIGHTS}/"
    return {name.removeprefix(start): values for name, values in found.items() if name.startswith(start)}
