"""A multilayer perceptron that tells benign from malignant tumours."""

from collections import OrderedDict
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

from torch import nn

from whybench.datasets import breast_cancer
from whybench.models.columns import column_model
from whybench.models.learner import Learned
from whybench.models.training import Recipe
from whybench.protocols import Model
from whybench.registries import register

RECIPE = Recipe(steps=400, batch=32, rate=0.03, decay=1e-2)


@register
@dataclass(frozen=True)
class BreastCancerMLP(Learned):
    """Three linear layers, 30-32-32-2, with ReLU between them, on standardised columns.

    Inputs (n, 30) float32; logits (n, 2), malignant and benign. Trained on `breast_cancer`, four fifths of the set,
    and can be trained again on other labels or inputs.

    Source: street1993.
    """

    name: ClassVar[str] = "breast_cancer_mlp"
    reference: ClassVar[str] = "street1993"

    def load(self) -> Model:
        return _model(self)


def architecture() -> nn.Module:
    """The untrained network."""
    return nn.Sequential(
        OrderedDict(
            hidden1=nn.Linear(30, 32),
            relu1=nn.ReLU(),
            hidden2=nn.Linear(32, 32),
            relu2=nn.ReLU(),
            logits=nn.Linear(32, 2),
        )
    )


@cache
def _model(loader: BreastCancerMLP) -> Model:
    training, _ = breast_cancer.parts()
    return column_model(loader, architecture, RECIPE, training, breast_cancer.columns(), breast_cancer.CLASS_NAMES)
