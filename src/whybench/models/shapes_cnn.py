"""A small convolutional network on drawn shapes."""

from collections import OrderedDict
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from whybench.datasets.drawn_shapes import DrawnShapes
from whybench.datasets.shapes import SHAPES
from whybench.domains import ImageDomain
from whybench.models.learner import Learned, Learner
from whybench.models.training import Recipe
from whybench.protocols import Model
from whybench.registries import register

RECIPE = Recipe(steps=800, batch=32, rate=0.02, decay=1e-3)
HALF = 127.5
"""Half of the brightest value."""


@register
@dataclass(frozen=True)
class ShapesCNN(Learned):
    """Four convolutions with ReLU and max-pooling, each map's largest value over all places, and one linear layer.

    Inputs (n, 3, 48, 48) float32 from -1 to 1; logits (n, 6). Trained on the training part of `drawn_shapes`, whose
    pictures show one shape each, and can be trained again on other labels or inputs.

    Source: arras2022.
    """

    name: ClassVar[str] = "shapes_cnn"
    reference: ClassVar[str] = "arras2022"

    def load(self) -> Model:
        return _model(self)


def architecture() -> nn.Module:
    """The untrained network."""
    return nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(3, 12, 5, stride=2, padding=2),
            relu1=nn.ReLU(),
            conv2=nn.Conv2d(12, 24, 3, padding=1),
            relu2=nn.ReLU(),
            pool2=nn.MaxPool2d(2),
            conv3=nn.Conv2d(24, 32, 3, padding=1),
            relu3=nn.ReLU(),
            pool3=nn.MaxPool2d(2),
            conv4=nn.Conv2d(32, 48, 3, padding=1),
            relu4=nn.ReLU(),
            largest=nn.AdaptiveMaxPool2d(1),
            flatten=nn.Flatten(),
            logits=nn.Linear(48, len(SHAPES)),
        )
    )


def preprocess(sample: np.ndarray[Any, Any]) -> Tensor:
    """A raw uint8 image (48, 48, 3) as (3, 48, 48) from -1 to 1."""
    return (torch.as_tensor(sample, dtype=torch.float32) / HALF - 1).permute(2, 0, 1).contiguous()


@cache
def _model(loader: ShapesCNN) -> Model:
    training = DrawnShapes().load().training
    assert training is not None
    inputs = torch.stack([preprocess(sample) for sample in training.samples])
    mean = torch.from_numpy(np.mean(training.samples, axis=(0, 1, 2)) / HALF - 1).float()
    learner = Learner(loader.name, architecture, inputs, training.labels, replace(RECIPE, seed=loader.seed))
    return Model(
        name=loader.label,
        module=learner.module(),
        domain=ImageDomain(low=-1.0, high=1.0, mean=mean.view(3, 1, 1)),
        class_names=SHAPES,
        layers={"cam": "relu4"},
        preprocess=preprocess,
        retraining=learner.retraining(),
    )
