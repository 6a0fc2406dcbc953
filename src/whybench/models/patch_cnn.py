"""A small convolutional network that has learned to find planted glyphs."""

from collections import OrderedDict
from dataclasses import dataclass, replace
from functools import cache
from typing import ClassVar

import numpy as np
import torch
from torch import nn

from whybench.datasets.planted_patches import BRIGHT, PlantedPatches
from whybench.domains import ImageDomain
from whybench.models.learner import Learned, Learner
from whybench.models.patch_detector import preprocess
from whybench.models.training import Recipe
from whybench.planted.glyphs import CLASS_NAMES
from whybench.protocols import Model
from whybench.registries import register

RECIPE = Recipe(steps=300, batch=32, rate=0.05, decay=1e-4)


@register
@dataclass(frozen=True)
class PatchCNN(Learned):
    """Two convolutions with ReLU, each map's largest value over all places, and one linear layer.

    Inputs (n, 1, 16, 16) float32 from 0 to 1; logits (n, 4). Trained on the training part of `planted_patches`, and can
    be trained again on other labels or inputs. Unlike `patch_detector`, whose filters are written down, it has found
    out for itself what tells the classes apart: that its answers depend on the glyph can be measured by taking the
    glyph away, and is not so by construction.

    Source: alpaydin1998.
    """

    name: ClassVar[str] = "patch_cnn"
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
            largest=nn.AdaptiveMaxPool2d(1),
            flatten=nn.Flatten(),
            logits=nn.Linear(32, 4),
        )
    )


@cache
def _model(loader: PatchCNN) -> Model:
    training = PlantedPatches().load().training
    assert training is not None
    inputs = torch.stack([preprocess(sample) for sample in training.samples])
    learner = Learner(loader.name, architecture, inputs, training.labels, replace(RECIPE, seed=loader.seed))
    return Model(
        name=loader.label,
        module=learner.module(),
        domain=ImageDomain(low=0.0, high=1.0, mean=torch.full((1, 1, 1), np.mean(training.samples) / BRIGHT)),
        class_names=CLASS_NAMES,
        layers={"cam": "relu2"},
        preprocess=preprocess,
        retraining=learner.retraining(),
    )
