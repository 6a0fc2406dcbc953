"""A multilayer perceptron on 8 x 8 digits."""

from dataclasses import dataclass
from functools import cache
from typing import ClassVar

from whybench.datasets import digits
from whybench.models.architectures import perceptron
from whybench.models.grey import grey_model
from whybench.models.learner import Learned
from whybench.models.training import Recipe
from whybench.protocols import Model
from whybench.registries import register

RECIPE = Recipe(steps=400, batch=32, rate=0.03, decay=1e-3)


@register
@dataclass(frozen=True)
class DigitsMLP(Learned):
    """Three linear layers, 64-64-32-10, with ReLU between them, on the pixels in a row. No layer has maps.

    Inputs (n, 1, 8, 8) float32 from 0 to 1; logits (n, 10). Trained on `digits`, four fifths of the set:
    350 of the 359 others are told right.

    Source: alpaydin1998.
    """

    name: ClassVar[str] = "digits_mlp"
    reference: ClassVar[str] = "alpaydin1998"

    def load(self) -> Model:
        return _model(self)


@cache
def _model(loader: DigitsMLP) -> Model:
    training, _ = digits.parts()
    return grey_model(loader, lambda: perceptron(64, 64, 32, 10), RECIPE, training, 16.0, digits.CLASS_NAMES, None)
