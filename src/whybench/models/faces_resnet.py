"""A small residual network that tells faces from other parts of photographs."""

from dataclasses import dataclass
from functools import cache
from typing import ClassVar

from whybench.datasets import faces
from whybench.models.architectures import residual
from whybench.models.grey import grey_model
from whybench.models.learner import Learned
from whybench.models.training import Recipe
from whybench.protocols import Model
from whybench.registries import register

RECIPE = Recipe(steps=120, batch=32, rate=0.03, decay=1e-3)


@register
@dataclass(frozen=True)
class FacesResNet(Learned):
    """A stem and three residual units with batch normalisation, the means of the last maps, and a linear layer.

    Inputs (n, 1, 25, 25) float32 from 0 to 1; logits (n, 2). Trained on `faces`, 160 images:
    all 40 others are told right.

    Source: huang2007.
    """

    name: ClassVar[str] = "faces_resnet"
    reference: ClassVar[str] = "huang2007"

    def load(self) -> Model:
        return _model(self)


@cache
def _model(loader: FacesResNet) -> Model:
    training, _ = faces.parts()
    return grey_model(loader, lambda: residual(1, 2, stride=2), RECIPE, training, 1.0, faces.CLASS_NAMES, "unit3.relu2")
