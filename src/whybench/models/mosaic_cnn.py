"""A small convolutional network that finds digits in mosaics."""

from collections import OrderedDict
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from whybench.datasets import digits
from whybench.datasets.digit_mosaics import DigitMosaics
from whybench.domains import ImageDomain
from whybench.models.learner import Learned, Learner
from whybench.models.training import Recipe
from whybench.protocols import Model
from whybench.registries import register

RECIPE = Recipe(steps=400, batch=32, rate=0.05, decay=1e-4)
FULL = 16.0
"""The brightest pixel of the raw images."""


@register
@dataclass(frozen=True)
class MosaicCNN(Learned):
    """Three convolutions with ReLU, each map's largest value over all places, and one linear layer.

    Inputs (n, 1, 16, 16) float32 from 0 to 1; logits (n, 10). Trained on the training part of `digit_mosaics`, four
    fifths of the digits, each alone in one of four tiles, and can be trained again on other labels or inputs. Maxima
    over places, and no layer that knows them: a digit answers wherever it stands and whatever stands beside it, so
    that a mosaic's logits hold the evidence of all its tiles. A mean over places loses one tile among four.

    Source: alpaydin1998.
    """

    name: ClassVar[str] = "mosaic_cnn"
    reference: ClassVar[str] = "alpaydin1998"

    def load(self) -> Model:
        return _model(self)


def architecture() -> nn.Module:
    """The untrained network."""
    return nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(1, 16, 3, padding=1),
            relu1=nn.ReLU(),
            conv2=nn.Conv2d(16, 32, 3, padding=1),
            relu2=nn.ReLU(),
            pool=nn.MaxPool2d(2),
            conv3=nn.Conv2d(32, 64, 3, padding=1),
            relu3=nn.ReLU(),
            largest=nn.AdaptiveMaxPool2d(1),
            flatten=nn.Flatten(),
            logits=nn.Linear(64, 10),
        )
    )


def preprocess(sample: np.ndarray[Any, Any]) -> Tensor:
    """A raw image (16, 16) as (1, 16, 16) from 0 to 1."""
    return torch.as_tensor(sample / FULL, dtype=torch.float32).unsqueeze(0)


@cache
def _model(loader: MosaicCNN) -> Model:
    training = DigitMosaics().load().training
    assert training is not None
    inputs = torch.stack([preprocess(sample) for sample in training.samples])
    learner = Learner(loader.name, architecture, inputs, training.labels, replace(RECIPE, seed=loader.seed))
    return Model(
        name=loader.label,
        module=learner.module(),
        domain=ImageDomain(low=0.0, high=1.0, mean=torch.full((1, 1, 1), np.mean(training.samples) / FULL)),
        class_names=digits.CLASS_NAMES,
        layers={"cam": "relu3"},
        preprocess=preprocess,
        retraining=learner.retraining(),
    )
