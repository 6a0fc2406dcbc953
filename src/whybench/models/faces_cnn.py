"""A small convolutional network that tells faces from other parts of photographs."""

from dataclasses import dataclass
from functools import cache
from typing import ClassVar

from whybench.datasets import faces
from whybench.models.architectures import convolutional
from whybench.models.grey import grey_model
from whybench.models.learner import Learned
from whybench.models.training import Recipe
from whybench.protocols import Model
from whybench.registries import register

RECIPE = Recipe(steps=120, batch=32, rate=0.02, decay=1e-3)


@register
@dataclass(frozen=True)
class FacesCNN(Learned):
    """Two convolutions, each with ReLU and max-pooling, and two linear layers with ReLU between them.

    Inputs (n, 1, 25, 25) float32 from 0 to 1; logits (n, 2). Trained on `faces`, 160 images:
    all 40 others are told right.

    Source: huang2007.
    """

    name: ClassVar[str] = "faces_cnn"
    reference: ClassVar[str] = "huang2007"

    def load(self) -> Model:
        return _model(self)


@cache
def _model(loader: FacesCNN) -> Model:
    training, _ = faces.parts()
    return grey_model(loader, lambda: convolutional(1, 25, 2), RECIPE, training, 1.0, faces.CLASS_NAMES, "relu2")
