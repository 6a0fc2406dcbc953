"""Built-in models trained again on other labels."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from torch import Tensor, nn

from whybench.models.training import Recipe, trained
from whybench.protocols.retraining import Retraining


def retraining(
    name: str, architecture: Callable[[], nn.Module], inputs: Tensor, labels: Tensor, recipe: Recipe
) -> Retraining:
    """The training that `trained` does, with other labels and more steps; what it gives is cached alike."""

    def train(others: Tensor, effort: int) -> Mapping[str, Tensor]:
        weights: Mapping[str, Tensor] = trained(
            name, architecture, inputs, others, replace(recipe, steps=effort * recipe.steps)
        ).state_dict()
        return weights

    return Retraining(inputs, labels, train)
