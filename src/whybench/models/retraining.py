"""Built-in models trained again on other labels or inputs."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import torch
from torch import Tensor, nn

from whybench.models.training import Recipe, fit, trained
from whybench.protocols.retraining import Retraining


def retraining(
    name: str, architecture: Callable[[], nn.Module], inputs: Tensor, labels: Tensor, recipe: Recipe
) -> Retraining:
    """The training that `trained` does, with other labels and more steps, or on other inputs and with another seed.

    What it gives of other labels is cached alike. Other inputs there are too many of, one set a method and share
    removed: their weights are not kept.
    """

    def train(others: Tensor, effort: int) -> Mapping[str, Tensor]:
        weights: Mapping[str, Tensor] = trained(
            name, architecture, inputs, others, replace(recipe, steps=effort * recipe.steps)
        ).state_dict()
        return weights

    def train_on(others: Tensor, theirs: Tensor, seed: int) -> Mapping[str, Tensor]:
        with torch.device("meta"):  # takes no memory and draws nothing from the global generator
            module = architecture().float()
        module.to_empty(device="cpu")
        fit(module, others, theirs, replace(recipe, seed=recipe.seed + seed))
        weights: Mapping[str, Tensor] = module.state_dict()
        return weights

    return Retraining(inputs, labels, train, train_on)
