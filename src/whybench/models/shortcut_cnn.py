"""A small convolutional network on digits with a mark, which may have learned the mark instead of the digit."""

from dataclasses import dataclass, replace
from functools import cache
from typing import ClassVar

import numpy as np
import torch
from torch import nn

from whybench.datasets import digits
from whybench.datasets.shortcut_digits import BRIGHT, ShortcutDigits
from whybench.domains import ImageDomain
from whybench.models.architectures import pooled_once
from whybench.models.learner import Learned, Learner
from whybench.models.patch_detector import preprocess
from whybench.models.training import Recipe
from whybench.protocols import Model, Training
from whybench.registries import register

RECIPE = Recipe(steps=200, batch=32, rate=0.05, decay=1e-4)


@register
@dataclass(frozen=True)
class ShortcutCNN(Learned):
    """Two convolutions, max-pooling and two linear layers with ReLU between them, no normalisation layers.

    Inputs (n, 1, 10, 10) float32 from 0 to 1; logits (n, 10). Trained on the training part of
    `shortcut_digits(strength=...)`, and can be trained again on other labels or inputs. How much it goes by the mark
    and how much by the digit is not said by the strength: it is measured, by showing the same digits under other marks
    (`whybench.validity`).

    strength: how often the marks of the training part tell the label; seed: of the first weights and of the order of
    the samples. Raises BadParameter for a strength outside of [0, 1] and a seed that is no whole number from 0.

    Source: alpaydin1998.
    """

    name: ClassVar[str] = "shortcut_cnn"
    reference: ClassVar[str] = "alpaydin1998"

    strength: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        ShortcutDigits(self.strength)

    @property
    def label(self) -> str:
        return f"{self.name}(strength={self.strength:g}, seed={self.seed})"

    def load(self) -> Model:
        return _model(self)


def architecture() -> nn.Module:
    """The untrained network."""
    return pooled_once(10, 10)


@cache
def _model(loader: ShortcutCNN) -> Model:
    part = ShortcutDigits(loader.strength).load().training
    assert part is not None
    inputs = torch.stack([preprocess(sample) for sample in part.samples])
    learner = Learner(loader.name, architecture, inputs, part.labels, replace(RECIPE, seed=loader.seed))
    return Model(
        name=loader.label,
        module=learner.module(),
        domain=ImageDomain(low=0.0, high=1.0, mean=torch.full((1, 1, 1), np.mean(part.samples) / BRIGHT)),
        class_names=digits.CLASS_NAMES,
        layers={"cam": "relu2"},
        preprocess=preprocess,
        training=Training(inputs, part.labels),
        retraining=learner.retraining(),
    )
