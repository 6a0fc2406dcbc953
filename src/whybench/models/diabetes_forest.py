"""A random forest that predicts how far diabetes goes in a year."""

from dataclasses import dataclass
from functools import cache
from typing import ClassVar

from whybench.datasets import diabetes
from whybench.models.standardisation import Standardisation
from whybench.protocols import Model, ModelLoader
from whybench.registries import register
from whybench.trees import tree_model


@register
@dataclass(frozen=True)
class DiabetesForest(ModelLoader):
    """scikit-learn's RandomForestRegressor of 100 trees, at most six decisions deep, on standardised columns.

    Inputs (n, 10) float32; outputs (n, 1), the predicted label in its own unit, the mean of the trees. A black box
    without gradients, with the capability `trees`. Fitted to `diabetes`, four fifths of the set, with random_state=0.

    Source: breiman2001.
    """

    name: ClassVar[str] = "diabetes_forest"
    reference: ClassVar[str] = "breiman2001"

    def load(self) -> Model:
        return _model()


@cache
def _model() -> Model:
    from sklearn.ensemble import RandomForestRegressor  # here, since listing the models should not wait for it

    training, _ = diabetes.parts()
    standardisation = Standardisation.of(training.samples)
    forest = RandomForestRegressor(n_estimators=100, max_depth=6, random_state=0)
    forest.fit(standardisation(training.samples).numpy(), training.targets.numpy())
    return Model(
        name=DiabetesForest.name,
        module=tree_model(forest).eval(),
        domain=standardisation.domain(training.samples, diabetes.COLUMNS),
        output="scalar",
        preprocess=standardisation,
        differentiable=False,
    )
