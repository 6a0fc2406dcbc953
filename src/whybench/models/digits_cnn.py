"""A small convolutional network on 8 x 8 digits."""

from dataclasses import dataclass, replace
from functools import cache
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from whybench.datasets import digits
from whybench.domains import ImageDomain
from whybench.models.architectures import pooled_once
from whybench.models.learner import Learned, Learner
from whybench.models.training import Recipe
from whybench.protocols import Model
from whybench.registries import register

RECIPE = Recipe(steps=300, batch=32, rate=0.05, decay=1e-4)
FULL = 16.0
"""The brightest pixel of the raw images."""


@register
@dataclass(frozen=True)
class DigitsCNN(Learned):
    """Two convolutions, max-pooling and two linear layers with ReLU between them, no normalisation layers.

    Inputs (n, 1, 8, 8) float32 from 0 to 1; logits (n, 10). Trained on `digits`, four fifths of the set, and can be
    trained again on other labels or inputs.

    Source: alpaydin1998.
    """

    name: ClassVar[str] = "digits_cnn"
    reference: ClassVar[str] = "alpaydin1998"

    def load(self) -> Model:
        return _model(self)


def architecture() -> nn.Module:
    """The untrained network."""
    return pooled_once(8, 10)


def preprocess(sample: np.ndarray[Any, Any]) -> Tensor:
    """A raw image (8, 8) as (1, 8, 8) from 0 to 1."""
    return torch.as_tensor(sample / FULL, dtype=torch.float32).unsqueeze(0)


@cache
def _model(loader: DigitsCNN) -> Model:
    training, _ = digits.parts()
    inputs = torch.stack([preprocess(sample) for sample in training.samples])
    learner = Learner(loader.name, architecture, inputs, training.targets, replace(RECIPE, seed=loader.seed))
    module = learner.module()
    module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return Model(
        name=loader.label,
        module=module,
        domain=ImageDomain(low=0.0, high=1.0, mean=torch.full((1, 1, 1), training.samples.mean() / FULL)),
        class_names=digits.CLASS_NAMES,
        layers={"cam": "relu2"},
        preprocess=preprocess,
        channels_last=True,
        retraining=learner.retraining(),
    )
