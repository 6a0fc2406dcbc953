"""Classifiers of small grey images, trained on one part of a data set."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from whybench.datasets.splits import Part
from whybench.domains import ImageDomain
from whybench.models.learner import Learned, Learner
from whybench.models.training import Recipe
from whybench.protocols import Model


@dataclass(frozen=True)
class Scaled:
    """A raw image (height, width) as (1, height, width) from 0 to 1; `full` is the brightest pixel."""

    full: float

    def __call__(self, sample: np.ndarray[Any, Any]) -> Tensor:
        return torch.as_tensor(sample / self.full, dtype=torch.float32).unsqueeze(0)


def grey_model(
    loader: Learned,
    architecture: Callable[[], nn.Module],
    recipe: Recipe,
    training: Part,
    full: float,
    class_names: tuple[str, ...],
    cam: str | None,
) -> Model:
    """The model that `loader` stands for; cam: the layer that CAM-like methods look at, where there is one."""
    preprocess = Scaled(full)
    inputs = torch.stack([preprocess(sample) for sample in training.samples])
    learner = Learner(loader.name, architecture, inputs, training.targets, replace(recipe, seed=loader.seed))
    return Model(
        name=loader.label,
        module=learner.module(),
        domain=ImageDomain(low=0.0, high=1.0, mean=torch.full((1, 1, 1), training.samples.mean() / full)),
        class_names=class_names,
        layers={} if cam is None else {"cam": cam},
        preprocess=preprocess,
        retraining=learner.retraining(),
    )
