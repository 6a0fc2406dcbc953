"""From a fitted scikit-learn estimator to its trees."""

from typing import Any

import numpy as np

from whybench.errors import BadInput, BadParameter
from whybench.trees.ensemble import Array, Tree, TreeEnsemble

REGRESSORS = ("DecisionTreeRegressor", "ExtraTreeRegressor", "ExtraTreesRegressor", "RandomForestRegressor")
CLASSIFIERS = ("DecisionTreeClassifier", "ExtraTreeClassifier", "ExtraTreesClassifier", "RandomForestClassifier")
BOOSTED = ("GradientBoostingClassifier", "GradientBoostingRegressor")


def tree_model(estimator: Any, probability_of: int | None = None) -> TreeEnsemble:
    """A fitted scikit-learn tree, forest or gradient boosting as a module, for every place that takes a module.

    Regressors give their prediction, (n, 1). `GradientBoostingClassifier` gives logits, (n, classes), whose softmax is
    its probability: its raw scores, and for two classes -m / 2 and m / 2 with the raw score m. Trees and forests that
    classify average probabilities, which no logits add up to: name the class, by its position in `classes_`, and the
    module gives its probability, (n, 1). A decision tree's arrays are those of `estimator.tree_`; the answers are the
    estimator's own up to the rounding of sums.

    probability_of: for such classifiers only.

    Raises BadInput, naming it, for an estimator of another class, one that is not fitted, or one with several outputs
    or an initial estimator of its own; BadParameter for `probability_of` where it does not fit.

    >>> from sklearn.tree import DecisionTreeRegressor
    >>> stump = DecisionTreeRegressor().fit([[0.0], [1.0]], [3.0, 5.0])
    >>> import torch
    >>> tree_model(stump)(torch.tensor([[0.2], [0.8]])).tolist()
    [[3.0], [5.0]]
    """
    name = type(estimator).__name__
    known = type(estimator).__module__.startswith("sklearn.") and name in (*REGRESSORS, *CLASSIFIERS, *BOOSTED)
    if not known:
        raise BadInput(
            f"tree_model knows no {name}; it takes scikit-learn's {', '.join(sorted((*REGRESSORS, *CLASSIFIERS)))}, "
            f"{' and '.join(BOOSTED)}; any other predictor can be given as a function inputs -> outputs"
        )
    if not hasattr(estimator, "tree_") and not hasattr(estimator, "estimators_"):
        raise BadInput(f"this {name} is not fitted; call its fit(X, y) first")
    if getattr(estimator, "n_outputs_", 1) != 1:
        raise BadInput(f"this {name} has {estimator.n_outputs_} outputs; fit one with a single output")
    if name in CLASSIFIERS:
        _check_position(name, probability_of, len(estimator.classes_))
        return _averaged(estimator, slice(probability_of, probability_of + 1))  # type: ignore[operator]
    if probability_of is not None:
        raise BadParameter(f"probability_of={probability_of!r} is for trees and forests that classify, not for {name}")
    return _averaged(estimator, slice(0, 1)) if name in REGRESSORS else _boosted(estimator, name)


def _check_position(name: str, position: object, classes: int) -> None:
    if not isinstance(position, int) or isinstance(position, bool) or not 0 <= position < classes:
        raise BadParameter(
            f"probability_of={position!r}; {name} averages probabilities, which have no logits: say which class's "
            f"probability is the output, from 0 to {classes - 1}"
        )


def _averaged(estimator: Any, outputs: slice) -> TreeEnsemble:
    """The mean of a forest's trees, or a tree alone."""
    members = getattr(estimator, "estimators_", [estimator])
    trees = [_tree(member, member.tree_.value[:, 0, outputs] / len(members)) for member in members]
    return TreeEnsemble(trees, np.zeros(1), estimator.n_features_in_)


def _boosted(estimator: Any, name: str) -> TreeEnsemble:
    """The sum of all stages' trees with what boosting began from."""
    if estimator.init not in (None, "zero"):
        raise BadInput(f"this {name} began from init={estimator.init!r}, which is no tree; use init=None or 'zero'")
    stages = estimator.estimators_
    scores = stages.shape[1]
    into = np.eye(scores)
    if name == "GradientBoostingClassifier" and scores == 1:
        # Its probability is sigmoid(m), or sigmoid(2 m) where it was fitted by the exponential loss.
        into = np.array([[-0.5, 0.5]]) * (2.0 if estimator.loss == "exponential" else 1.0)
    trees = [
        _tree(member, estimator.learning_rate * member.tree_.value[:, 0, :1] * into[score])
        for stage in stages
        for score, member in enumerate(stage)
    ]
    columns = estimator.n_features_in_
    origin = np.zeros((1, columns))
    score = estimator.decision_function(origin) if name.endswith("Classifier") else estimator.predict(origin)
    grown = np.array([[sum(m.predict(origin)[0] for m in stages[:, k]) for k in range(scores)]])
    start = score.reshape(1, scores) - estimator.learning_rate * grown
    return TreeEnsemble(trees, (start @ into)[0], columns)


def _tree(member: Any, value: Array) -> Tree:
    """scikit-learn's arrays with every leaf pointing at itself."""
    own = np.arange(member.tree_.node_count)
    leaf = member.tree_.children_left < 0
    return Tree(
        left=np.where(leaf, own, member.tree_.children_left),
        right=np.where(leaf, own, member.tree_.children_right),
        feature=np.where(leaf, 0, member.tree_.feature),
        threshold=np.where(leaf, 0.0, member.tree_.threshold),
        value=value,
        cover=member.tree_.weighted_n_node_samples,
    )
