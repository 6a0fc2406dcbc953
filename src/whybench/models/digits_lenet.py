"""A small convolutional network with average pooling on 8 x 8 digits."""

from dataclasses import dataclass
from functools import cache
from typing import ClassVar

from whybench.datasets import digits
from whybench.models.architectures import pooling
from whybench.models.grey import grey_model
from whybench.models.learner import Learned
from whybench.models.training import Recipe
from whybench.protocols import Model
from whybench.registries import register

RECIPE = Recipe(steps=800, batch=32, rate=0.1, decay=1e-4)


@register
@dataclass(frozen=True)
class DigitsLeNet(Learned):
    """Two convolutions with ReLU and average pooling, and two linear layers with ReLU between them.

    Inputs (n, 1, 8, 8) float32 from 0 to 1; logits (n, 10). Trained on `digits`, four fifths of the set:
    352 of the 359 others are told right.

    Source: lecun1998.
    """

    name: ClassVar[str] = "digits_lenet"
    reference: ClassVar[str] = "lecun1998"

    def load(self) -> Model:
        return _model(self)


@cache
def _model(loader: DigitsLeNet) -> Model:
    training, _ = digits.parts()
    return grey_model(loader, lambda: pooling(1, 8, 10), RECIPE, training, 16.0, digits.CLASS_NAMES, "relu2")
