"""Classifiers of standardised columns, trained on one part of a data set."""

from collections.abc import Callable
from dataclasses import replace

from torch import nn

from whybench.datasets.splits import Part
from whybench.models.learner import Learned, Learner
from whybench.models.standardisation import Standardisation
from whybench.models.training import Recipe
from whybench.protocols import Model


def column_model(
    loader: Learned,
    architecture: Callable[[], nn.Module],
    recipe: Recipe,
    training: Part,
    columns: tuple[str, ...],
    class_names: tuple[str, ...],
) -> Model:
    """The model that `loader` stands for."""
    standardisation = Standardisation.of(training.samples)
    inputs = standardisation(training.samples)
    learner = Learner(loader.name, architecture, inputs, training.targets, replace(recipe, seed=loader.seed))
    return Model(
        name=loader.label,
        module=learner.module(),
        domain=standardisation.domain(training.samples, columns),
        class_names=class_names,
        preprocess=standardisation,
        retraining=learner.retraining(),
    )
