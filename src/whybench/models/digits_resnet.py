"""A small residual network on 8 x 8 digits."""

from dataclasses import dataclass
from functools import cache
from typing import ClassVar

from whybench.datasets import digits
from whybench.models.architectures import residual
from whybench.models.grey import grey_model
from whybench.models.learner import Learned
from whybench.models.training import Recipe
from whybench.protocols import Model
from whybench.registries import register

RECIPE = Recipe(steps=200, batch=32, rate=0.05, decay=1e-4)


@register
@dataclass(frozen=True)
class DigitsResNet(Learned):
    """A stem and three residual units with batch normalisation, the means of the last maps, and a linear layer.

    Inputs (n, 1, 8, 8) float32 from 0 to 1; logits (n, 10). Trained on `digits`, four fifths of the set:
    357 of the 359 others are told right.

    Source: he2016.
    """

    name: ClassVar[str] = "digits_resnet"
    reference: ClassVar[str] = "he2016"

    def load(self) -> Model:
        return _model(self)


@cache
def _model(loader: DigitsResNet) -> Model:
    training, _ = digits.parts()
    return grey_model(loader, lambda: residual(1, 10), RECIPE, training, 16.0, digits.CLASS_NAMES, "unit3.relu2")
