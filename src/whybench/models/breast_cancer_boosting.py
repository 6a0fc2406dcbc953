"""Gradient-boosted trees that tell benign from malignant tumours."""

from dataclasses import dataclass
from functools import cache
from typing import ClassVar

from whybench.datasets import breast_cancer
from whybench.models.standardisation import Standardisation
from whybench.protocols import Model, ModelLoader
from whybench.registries import register
from whybench.trees import tree_model


@register
@dataclass(frozen=True)
class BreastCancerBoosting(ModelLoader):
    """scikit-learn's GradientBoostingClassifier of 50 trees, at most three decisions deep, on standardised columns.

    Inputs (n, 30) float32; logits (n, 2), malignant and benign, -m / 2 and m / 2 with the classifier's raw score m, so
    that their softmax is its probability and an explanation of either logit says something. A black box without
    gradients, with the capability `trees`. Fitted to `breast_cancer`, four fifths of the set, with random_state=0.

    Source: friedman2001.
    """

    name: ClassVar[str] = "breast_cancer_boosting"
    reference: ClassVar[str] = "friedman2001"

    def load(self) -> Model:
        return _model()


@cache
def _model() -> Model:
    from sklearn.ensemble import GradientBoostingClassifier  # here, since listing the models should not wait for it

    training, _ = breast_cancer.parts()
    standardisation = Standardisation.of(training.samples)
    boosting = GradientBoostingClassifier(n_estimators=50, max_depth=3, random_state=0)
    boosting.fit(standardisation(training.samples).numpy(), training.targets.numpy())
    return Model(
        name=BreastCancerBoosting.name,
        module=tree_model(boosting).eval(),
        domain=standardisation.domain(training.samples, breast_cancer.columns()),
        class_names=breast_cancer.CLASS_NAMES,
        preprocess=standardisation,
        differentiable=False,
    )
