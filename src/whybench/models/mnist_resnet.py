"""A small residual network on 28 x 28 digits."""

from dataclasses import dataclass
from functools import cache
from typing import ClassVar

from whybench.datasets import mnist
from whybench.models.architectures import residual
from whybench.models.grey import grey_model
from whybench.models.learner import Learned
from whybench.models.training import Recipe
from whybench.protocols import Model
from whybench.registries import register

RECIPE = Recipe(steps=400, batch=32, rate=0.05, decay=1e-4)


@register
@dataclass(frozen=True)
class MnistResNet(Learned):
    """A stem and three residual units with batch normalisation, the means of the last maps, and a linear layer.

    Inputs (n, 1, 28, 28) float32 from 0 to 1; logits (n, 10). Trained on `mnist`, 4,000 images:
    968 of the 1,000 others are told right.

    Source: he2016.
    """

    name: ClassVar[str] = "mnist_resnet"
    reference: ClassVar[str] = "he2016"

    def load(self) -> Model:
        return _model(self)


@cache
def _model(loader: MnistResNet) -> Model:
    training, _ = mnist.parts()
    return grey_model(
        loader, lambda: residual(1, 10, stride=2), RECIPE, training, 255.0, mnist.CLASS_NAMES, "unit3.relu2"
    )
