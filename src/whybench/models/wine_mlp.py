"""A multilayer perceptron that tells wines apart."""

from dataclasses import dataclass
from functools import cache
from typing import ClassVar

from torch import nn

from whybench.datasets import wine
from whybench.models.architectures import perceptron
from whybench.models.columns import column_model
from whybench.models.learner import Learned
from whybench.models.training import Recipe
from whybench.protocols import Model
from whybench.registries import register

RECIPE = Recipe(steps=200, batch=32, rate=0.03, decay=1e-2)


@register
@dataclass(frozen=True)
class WineMLP(Learned):
    """Three linear layers, 13-24-24-3, with ReLU between them, on standardised columns.

    Inputs (n, 13) float32; logits (n, 3). Trained on `wine`, four fifths of the set: 34 of the 35
    others are told right.

    Source: aeberhard1994.
    """

    name: ClassVar[str] = "wine_mlp"
    reference: ClassVar[str] = "aeberhard1994"

    def load(self) -> Model:
        return _model(self)


def architecture() -> nn.Module:
    """The untrained network."""
    return perceptron(13, 24, 24, 3)


@cache
def _model(loader: WineMLP) -> Model:
    training, _ = wine.parts()
    return column_model(loader, architecture, RECIPE, training, wine.columns(), wine.CLASS_NAMES)
