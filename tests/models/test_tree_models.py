"""Tree ensembles as modules: they answer as scikit-learn's estimators do, decision by decision."""

import copy
import subprocess
import sys

import numpy as np
import pytest
import torch
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.svm import SVR
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

import whybench
from whybench.digests import module_digest
from whybench.errors import BadInput, BadParameter
from whybench.models import BreastCancerBoosting, DiabetesForest
from whybench.protocols.asking import wrap
from whybench.trees import TreeEnsemble, tree_model

DIABETES = load_diabetes(return_X_y=True, scaled=False)
CANCER = load_breast_cancer(return_X_y=True)
IRIS = load_iris(return_X_y=True)


def asked(estimator, rows):
    return tree_model(estimator)(torch.from_numpy(rows)).numpy()


@pytest.mark.parametrize(
    "estimator",
    [
        DecisionTreeRegressor(random_state=0),
        RandomForestRegressor(12, random_state=0),
        ExtraTreesRegressor(12, random_state=0),
        GradientBoostingRegressor(n_estimators=12, random_state=0),
        GradientBoostingRegressor(n_estimators=12, loss="huber", init="zero", random_state=0),
    ],
    ids=lambda e: type(e).__name__,
)
def test_regressors_answer_as_scikit_learn_does(estimator):
    inputs, labels = DIABETES
    estimator.fit(inputs, labels)
    answers = asked(estimator, inputs)
    assert answers.shape == (442, 1)
    assert np.abs(answers[:, 0] / estimator.predict(inputs) - 1).max() <= 1e-12


def test_a_forest_is_the_mean_of_its_trees():
    inputs, labels = DIABETES
    forest = RandomForestRegressor(7, random_state=0).fit(inputs, labels)
    mean = np.mean([tree.predict(inputs) for tree in forest.estimators_], axis=0)
    assert np.abs(asked(forest, inputs)[:, 0] - mean).max() <= 1e-12 * mean.max()


@pytest.mark.parametrize("loss", ["log_loss", "exponential"])
@pytest.mark.parametrize("init", [None, "zero"])
def test_softmax_of_two_classes_is_the_probability(loss, init):
    inputs, labels = CANCER
    boosting = GradientBoostingClassifier(n_estimators=8, loss=loss, init=init, random_state=0).fit(inputs, labels)
    logits = torch.from_numpy(asked(boosting, inputs))
    assert np.abs(logits.softmax(1).numpy() - boosting.predict_proba(inputs)).max() <= 1e-12
    score = boosting.decision_function(inputs) * (2 if loss == "exponential" else 1)
    assert np.abs(logits.numpy() - score[:, None] * np.array([-0.5, 0.5])).max() <= 1e-12


def test_softmax_of_three_classes_is_the_probability():
    inputs, labels = IRIS
    boosting = GradientBoostingClassifier(n_estimators=8, random_state=0).fit(inputs, labels)
    logits = asked(boosting, inputs)
    assert np.abs(logits - boosting.decision_function(inputs)).max() <= 1e-12
    assert np.abs(torch.from_numpy(logits).softmax(1).numpy() - boosting.predict_proba(inputs)).max() <= 1e-12


@pytest.mark.parametrize("kind", [DecisionTreeClassifier, RandomForestClassifier])
def test_averaged_probabilities_are_given_one_class_at_a_time(kind):
    inputs, labels = IRIS
    estimator = kind(max_depth=3, random_state=0).fit(inputs, labels)
    answers = tree_model(estimator, probability_of=2)(torch.from_numpy(inputs)).numpy()
    assert np.abs(answers[:, 0] - estimator.predict_proba(inputs)[:, 2]).max() <= 1e-12


def test_thresholds_decide_as_in_scikit_learn_between_neighbouring_float32_values():
    """scikit-learn's threshold lies half-way in float64; rounded to the nearest float32 it sends `above` left."""
    low = np.float32(64)
    high = np.nextafter(low, np.float32(65))
    above = np.nextafter(high, np.float32(65))
    rows = np.array([[high], [above]], dtype=np.float64)
    stump = DecisionTreeRegressor().fit(rows, [3.0, 5.0])
    assert stump.tree_.threshold[0].astype(np.float32) == above
    module = tree_model(stump)
    for model in (module, copy.deepcopy(module).float(), copy.deepcopy(module).double()):
        assert model(torch.from_numpy(rows)).tolist() == [[3.0], [5.0]]
        assert model(torch.from_numpy(rows).float()).tolist() == [[3.0], [5.0]]
    assert asked(stump, np.array([[float(low)], [float(high) + 1e-7]]))[:, 0].tolist() == [3.0, 3.0]


def test_the_digest_covers_the_trees():
    inputs, labels = DIABETES
    one, same, other = (
        tree_model(RandomForestRegressor(3, max_depth=3, random_state=seed).fit(inputs, labels)) for seed in (0, 0, 1)
    )
    assert module_digest(one) == module_digest(same)
    assert module_digest(one) != module_digest(other)
    for name in ("left", "threshold", "value", "cover", "offset"):
        changed = copy.deepcopy(one)
        getattr(changed, name)[0] += 1
        assert module_digest(changed) != module_digest(one)


def test_it_is_a_black_box_with_trees():
    inputs, labels = DIABETES
    module = tree_model(DecisionTreeRegressor(max_depth=2).fit(inputs, labels))
    assert wrap(module, torch.from_numpy(inputs)).capabilities == {"tabular", "scalar", "trees"}
    assert "trees=1, nodes=7, depth=2, columns=10, outputs=1" in repr(module)
    with pytest.raises(BadInput, match=r"\(3, 4\); these trees take \(n, 10\)"):
        module(torch.zeros(3, 4))


def test_an_estimator_as_it_is_points_to_tree_model():
    with pytest.raises(BadInput, match=r"DecisionTreeRegressor\(\) is no torch.nn.Module.*whybench.tree_model makes"):
        whybench.method("occlusion").attribute(DecisionTreeRegressor(), torch.zeros(1, 2))


def test_a_stump_of_one_leaf():
    assert tree_model(DecisionTreeRegressor().fit([[0.0], [1.0]], [3.0, 3.0]))(torch.zeros(2, 1)).tolist() == [[3], [3]]


def test_trees_come_apart_as_they_were_put_in():
    inputs, labels = DIABETES
    forest = RandomForestRegressor(3, max_depth=4, random_state=0).fit(inputs, labels)
    for tree, member in zip(tree_model(forest).trees(), forest.estimators_, strict=True):
        assert tree.depth == member.get_depth()
        assert tree.cover.tolist() == member.tree_.weighted_n_node_samples.tolist()
        assert (
            np.flatnonzero(tree.left == np.arange(len(tree.left))).tolist()
            == np.flatnonzero(member.tree_.children_left == -1).tolist()
        )


@pytest.mark.parametrize(
    ("estimator", "complaint"),
    [
        (SVR().fit(*DIABETES), "knows no SVR; it takes scikit-learn's DecisionTreeClassifier, "),
        (HistGradientBoostingRegressor(), "knows no HistGradientBoostingRegressor"),
        (type("RandomForestRegressor", (), {})(), "knows no RandomForestRegressor"),
        (RandomForestRegressor(), "this RandomForestRegressor is not fitted"),
        (DecisionTreeRegressor().fit([[0.0]], [[1.0, 2.0]]), "has 2 outputs"),
        (
            GradientBoostingRegressor(n_estimators=1, init=DummyRegressor()).fit(*DIABETES),
            r"began from init=DummyRegressor\(\), which is no tree",
        ),
    ],
)
def test_what_is_no_sum_of_trees_is_refused_by_name(estimator, complaint):
    with pytest.raises(BadInput, match=complaint):
        whybench.tree_model(estimator)


@pytest.mark.parametrize("position", [None, 3, -1, True, "setosa"])
def test_a_class_has_to_be_named_where_probabilities_are_averaged(position):
    forest = RandomForestClassifier(2, random_state=0).fit(*IRIS)
    with pytest.raises(BadParameter, match=r"probability_of=.* RandomForestClassifier averages probabilities.*0 to 2"):
        tree_model(forest, position)


def test_no_class_is_named_where_there_are_logits():
    with pytest.raises(BadParameter, match="not for DecisionTreeRegressor"):
        tree_model(DecisionTreeRegressor().fit(*DIABETES), 1)


@pytest.mark.parametrize(
    ("loader", "dataset", "least"), [(DiabetesForest, "diabetes", 0.35), (BreastCancerBoosting, "breast_cancer", 0.95)]
)
def test_built_in_models(loader, dataset, least):
    model, data = loader().load(), whybench.dataset(dataset)
    assert isinstance(model.module, TreeEnsemble)
    assert {"trees", "bounds", "tabular"} <= model.capabilities
    assert "gradients" not in model.capabilities
    inputs = torch.stack([model.preprocess(sample) for sample in data.samples])
    outputs = model.module(inputs)
    assert outputs.dtype == torch.float32
    if model.output == "classes":
        assert (outputs.argmax(1) == data.labels).double().mean() >= least
        assert torch.equal(outputs[:, 0], -outputs[:, 1])
    else:
        rest = (outputs[:, 0] - data.labels).square().mean() / data.labels.var(correction=0)
        assert 1 - rest >= least


def test_the_same_trees_in_a_fresh_process():
    program = (
        "from whybench.models import *; print(DiabetesForest().load().digest, BreastCancerBoosting().load().digest)"
    )
    fresh = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert fresh.stdout.split() == [DiabetesForest().load().digest, BreastCancerBoosting().load().digest]
