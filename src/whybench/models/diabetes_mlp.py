"""A multilayer perceptron that predicts how far diabetes goes in a year."""

from collections import OrderedDict
from dataclasses import dataclass, replace
from functools import cache
from typing import ClassVar

from torch import nn

from whybench.datasets import diabetes
from whybench.models.learner import Learned, Learner
from whybench.models.standardisation import Standardisation
from whybench.models.training import Recipe
from whybench.protocols import Model
from whybench.registries import register

RECIPE = Recipe(steps=300, batch=32, rate=0.01, decay=0.1)


@register
@dataclass(frozen=True)
class DiabetesMLP(Learned):
    """Three linear layers, 10-16-16-1, with ReLU between them, on standardised columns.

    Inputs (n, 10) float32; outputs (n, 1), the predicted label in its own unit. Trained on `diabetes`, four fifths of
    the set.

    Source: efron2004.
    """

    name: ClassVar[str] = "diabetes_mlp"
    reference: ClassVar[str] = "efron2004"

    def load(self) -> Model:
        return _model(self)


def architecture() -> nn.Sequential:
    """The untrained network."""
    return nn.Sequential(
        OrderedDict(
            hidden1=nn.Linear(10, 16),
            relu1=nn.ReLU(),
            hidden2=nn.Linear(16, 16),
            relu2=nn.ReLU(),
            value=nn.Linear(16, 1),
        )
    )


@cache
def _model(loader: DiabetesMLP) -> Model:
    training, _ = diabetes.parts()
    standardisation = Standardisation.of(training.samples)
    inputs = standardisation(training.samples)
    targets = training.targets[:, None]
    mean, deviation = float(targets.mean()), float(targets.std())
    learner = Learner(
        loader.name, architecture, inputs, ((targets - mean) / deviation).float(), replace(RECIPE, seed=loader.seed)
    )
    module = learner.module()
    _in_units(module.get_submodule("value"), mean, deviation)
    return Model(
        name=loader.label,
        module=module,
        domain=standardisation.domain(training.samples, diabetes.COLUMNS),
        output="scalar",
        preprocess=standardisation,
    )


def _in_units(layer: nn.Module, mean: float, deviation: float) -> None:
    """Make the layer that learned (label - mean) / deviation give the label itself."""
    assert isinstance(layer, nn.Linear)
    layer.weight.mul_(deviation)
    layer.bias.mul_(deviation).add_(mean)
