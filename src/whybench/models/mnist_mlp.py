"""A multilayer perceptron on 28 x 28 digits."""

from dataclasses import dataclass
from functools import cache
from typing import ClassVar

from whybench.datasets import mnist
from whybench.models.architectures import perceptron
from whybench.models.grey import grey_model
from whybench.models.learner import Learned
from whybench.models.training import Recipe
from whybench.protocols import Model
from whybench.registries import register

RECIPE = Recipe(steps=600, batch=32, rate=0.03, decay=1e-3)


@register
@dataclass(frozen=True)
class MnistMLP(Learned):
    """Three linear layers, 784-64-32-10, with ReLU between them, on the pixels in a row. No layer has maps.

    Inputs (n, 1, 28, 28) float32 from 0 to 1; logits (n, 10). Trained on `mnist`, 4,000 images:
    945 of the 1,000 others are told right.

    Source: lecun1998.
    """

    name: ClassVar[str] = "mnist_mlp"
    reference: ClassVar[str] = "lecun1998"

    def load(self) -> Model:
        return _model(self)


@cache
def _model(loader: MnistMLP) -> Model:
    training, _ = mnist.parts()
    return grey_model(loader, lambda: perceptron(784, 64, 32, 10), RECIPE, training, 255.0, mnist.CLASS_NAMES, None)
