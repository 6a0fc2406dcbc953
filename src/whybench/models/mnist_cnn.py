"""A small convolutional network on 28 x 28 digits."""

from dataclasses import dataclass
from functools import cache
from typing import ClassVar

from whybench.datasets import mnist
from whybench.models.architectures import convolutional
from whybench.models.grey import grey_model
from whybench.models.learner import Learned
from whybench.models.training import Recipe
from whybench.protocols import Model
from whybench.registries import register

RECIPE = Recipe(steps=500, batch=32, rate=0.03, decay=1e-4)


@register
@dataclass(frozen=True)
class MnistCNN(Learned):
    """Two convolutions, each with ReLU and max-pooling, and two linear layers with ReLU between them.

    Inputs (n, 1, 28, 28) float32 from 0 to 1; logits (n, 10). Trained on `mnist`, 4,000 images:
    971 of the 1,000 others are told right.

    Source: lecun1998.
    """

    name: ClassVar[str] = "mnist_cnn"
    reference: ClassVar[str] = "lecun1998"

    def load(self) -> Model:
        return _model(self)


@cache
def _model(loader: MnistCNN) -> Model:
    training, _ = mnist.parts()
    return grey_model(loader, lambda: convolutional(1, 28, 10), RECIPE, training, 255.0, mnist.CLASS_NAMES, "relu2")
