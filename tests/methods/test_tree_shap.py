"""TreeSHAP against Shapley values by enumeration, in both modes, and against what shap says by itself."""

import sys
from itertools import combinations
from math import comb

import numpy as np
import pytest
import torch
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.ensemble import GradientBoostingClassifier, RandomForestRegressor
from sklearn.tree import DecisionTreeRegressor

import whybench
from whybench.errors import BadParameter, Unsupported
from whybench.methods.attribution import TreeShap
from whybench.methods.attribution.shap_baselines import trees as shap_trees
from whybench.streams import Streams

INPUTS, LABELS = load_diabetes(return_X_y=True)
ROWS = torch.from_numpy(INPUTS[:4])
BACKGROUND = torch.from_numpy(INPUTS[100:112])


@pytest.fixture
def library():
    return pytest.importorskip("shap")


@pytest.fixture(scope="module")
def forest():
    """Ten columns, so that all 1024 coalitions can be asked."""
    return RandomForestRegressor(5, max_depth=4, random_state=0).fit(INPUTS, LABELS)


@pytest.fixture(scope="module")
def boosting():
    inputs, labels = load_iris(return_X_y=True)
    return GradientBoostingClassifier(n_estimators=4, random_state=0).fit(inputs, labels)


def shapley(value, columns):
    """The definition: phi_i = sum over S of |S|! (M - |S| - 1)! / M! (v(S + i) - v(S))."""
    worth = {s: value(set(s)) for k in range(columns + 1) for s in combinations(range(columns), k)}
    phi = np.zeros(columns)
    for i in range(columns):
        for s in worth:
            if i not in s:
                gain = worth[tuple(sorted((*s, i)))] - worth[s]
                phi[i] += gain / (columns * comb(columns - 1, len(s)))
    return phi


def conditional(tree, x, known, node=0):
    """What scikit-learn's tree gives on average where only the columns `known` are: by the covers below."""
    left, right = tree.children_left[node], tree.children_right[node]
    if left < 0:
        return tree.value[node, 0, 0]
    column = tree.feature[node]
    if column in known:
        goes_left = np.float32(x[column]) <= tree.threshold[node]
        return conditional(tree, x, known, left if goes_left else right)
    cover = tree.weighted_n_node_samples
    below = sum(cover[child] * conditional(tree, x, known, child) for child in (left, right))
    return below / cover[node]


def path_dependent(members, x, scale):
    return shapley(lambda s: scale * sum(conditional(m.tree_, x, s) for m in members), len(x))


def interventional(predict, x, background):
    def value(known):
        mixed = background.copy()
        mixed[:, list(known)] = x[list(known)]
        return predict(mixed).mean()

    return shapley(value, len(x))


def relative(a, b):
    return np.abs(np.asarray(a) - np.asarray(b)).max() / np.abs(np.asarray(b)).max()


def test_path_dependent_values_of_a_forest_by_enumeration(library, forest):
    found = TreeShap().attribute(whybench.tree_model(forest), ROWS[:1])
    assert found.dtype == torch.float64
    assert relative(found[0], path_dependent(forest.estimators_, INPUTS[0], 1 / 5)) <= 1e-12


def test_interventional_values_of_a_forest_by_enumeration(library, forest):
    """shap holds leaves in float32 here."""
    asked = TreeShap("interventional").attribute(whybench.tree_model(forest), ROWS[:1], training=BACKGROUND)
    assert relative(asked[0], interventional(forest.predict, INPUTS[0], BACKGROUND.numpy())) <= 1e-6


@pytest.mark.parametrize("target", [0, 2])
def test_both_modes_of_a_classifier_by_enumeration(library, boosting, target):
    inputs, _ = load_iris(return_X_y=True)
    module, rows, background = whybench.tree_model(boosting), torch.from_numpy(inputs[70:72]), inputs[::15]
    of_paths = TreeShap().attribute(module, rows, target)
    of_data = TreeShap("interventional").attribute(module, rows, target, training=torch.from_numpy(background))
    members = boosting.estimators_[:, target]
    for i in range(2):
        assert relative(of_paths[i], path_dependent(members, inputs[70 + i], boosting.learning_rate)) <= 1e-12
        exact = interventional(lambda x: boosting.decision_function(x)[:, target], inputs[70 + i], background)
        assert relative(of_data[i], exact) <= 1e-6


def test_the_two_logits_of_boosting_are_explained_by_opposite_maps(library):
    inputs, labels = load_breast_cancer(return_X_y=True)
    boosting = GradientBoostingClassifier(n_estimators=5, random_state=0).fit(inputs, labels)
    module, rows = whybench.tree_model(boosting), torch.from_numpy(inputs[:6])
    malignant, benign = (TreeShap().attribute(module, rows, target) for target in (0, 1))
    assert torch.equal(malignant, -benign)
    assert (malignant.abs().sum(1) > 0).all()


@pytest.mark.parametrize(
    ("method", "tolerance"), [(TreeShap(), 1e-12), (TreeShap("interventional"), 1e-6)], ids=["paths", "data"]
)
def test_efficiency(library, forest, method, tolerance):
    module = whybench.tree_model(forest)
    sums = method.attribute(module, ROWS, training=BACKGROUND).sum(1)
    by_covers = np.mean([conditional(m.tree_, INPUTS[0], set()) for m in forest.estimators_])
    start = module(BACKGROUND).mean() if method.mode == "interventional" else by_covers
    assert relative(sums, module(ROWS)[:, 0] - start) <= tolerance * 10


def test_a_column_that_changes_no_answer_has_a_value_by_paths_and_none_by_data(library):
    """Column 0 splits the root, and both of its branches decide by column 1 alone; their covers differ."""
    rows = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    tree = DecisionTreeRegressor(random_state=0).fit(rows, [0.0, 1.0, 10.0, 11.0], sample_weight=[1, 3, 3, 1])
    module = whybench.tree_model(tree)
    assert module.feature[0] == 0
    # The same leaves on both sides, so that f = column 1.
    leaf = module.left == torch.arange(len(module.left))
    module.value[leaf, 0] %= 10
    grid = torch.from_numpy(rows)
    assert module(grid)[:, 0].tolist() == [0.0, 1.0, 0.0, 1.0]
    by_paths = TreeShap().attribute(module, grid)
    # v(none) = 1/2, v(column 0 = 0) = 3/4, v(column 1 = 1) = 1: phi_0 = (1/4 + 0) / 2.
    assert by_paths[1].tolist() == pytest.approx([0.125, 0.375], abs=1e-12)
    assert by_paths[:, 0].abs().min() == pytest.approx(0.125, abs=1e-12)
    by_data = TreeShap("interventional").attribute(module, grid, training=grid)
    assert by_data[:, 0].tolist() == [0.0] * 4
    assert by_data[:, 1].tolist() == pytest.approx([-0.5, 0.5, -0.5, 0.5], abs=1e-7)


def test_an_unused_column_has_no_value(library):
    tree = DecisionTreeRegressor(max_depth=1, random_state=0).fit(INPUTS, LABELS)
    unused = [i for i in range(10) if i != tree.tree_.feature[0]]
    for method in (TreeShap(), TreeShap("interventional")):
        assert not method.attribute(whybench.tree_model(tree), ROWS, training=BACKGROUND)[:, unused].any()


def test_a_stump_has_the_numbers_of_the_documentation(library):
    rows = [[0.0, 7.0], [1.0, 7.0], [1.0, 9.0]]
    stump = DecisionTreeRegressor(random_state=0).fit(rows, [3.0, 5.0, 8.0])
    inputs = torch.tensor([[1.0, 7.0]], dtype=torch.float64)
    found = whybench.method("tree_shap").attribute(whybench.tree_model(stump), inputs)
    assert found.round(decimals=4).tolist() == [[0.8333, -1.1667]]


def test_agrees_with_shap_on_the_estimator_by_paths(library, forest):
    direct = library.TreeExplainer(forest).shap_values(INPUTS[:4])
    assert relative(TreeShap().attribute(whybench.tree_model(forest), ROWS), direct) <= 1e-12


@pytest.fixture
def between():
    """A tree whose threshold lies half-way between 64 and the float32 value after the next, where a sample lies."""
    steps = [np.float32(64)]
    for _ in range(2):
        steps.append(np.nextafter(steps[-1], np.float32(65)))
    rows = np.array([[steps[1]], [steps[2]]], dtype=np.float64)
    tree = DecisionTreeRegressor(random_state=0).fit(rows, [3.0, 5.0])
    assert tree.tree_.threshold[0].astype(np.float32) == steps[2]
    return tree, rows


def test_samples_take_the_right_branch_where_shap_by_itself_rounds_the_threshold(library, between):
    tree, rows = between
    explainer = library.TreeExplainer(tree, rows, feature_perturbation="interventional")
    assert explainer.shap_values(rows, check_additivity=False)[:, 0].tolist() == [0.0, 0.0]
    ours = TreeShap("interventional").attribute(
        whybench.tree_model(tree), torch.from_numpy(rows), training=torch.from_numpy(rows)
    )
    assert ours[:, 0].tolist() == [-1.0, 1.0]


def test_a_threshold_that_is_rounded_again_is_noticed(library, between, monkeypatch):
    tree, rows = between
    described = shap_trees.described

    def nearest(ensemble):
        found = described(ensemble)
        found["trees"][0]["thresholds"] = tree.tree_.threshold.astype(np.float32).astype(np.float64)
        return found

    monkeypatch.setattr(shap_trees, "described", nearest)
    with pytest.raises(Unsupported, match=r"sum to what is 2 off its outputs"):
        TreeShap().attribute(whybench.tree_model(tree), torch.from_numpy(rows))


def test_deep_trees_by_data(library):
    deep = RandomForestRegressor(4, random_state=0).fit(INPUTS, LABELS)
    module = whybench.tree_model(deep)
    assert module.depth >= 15
    exact = interventional(deep.predict, INPUTS[1], BACKGROUND.numpy())
    assert relative(TreeShap("interventional").attribute(module, ROWS[1:2], training=BACKGROUND)[0], exact) <= 1e-6


@pytest.mark.parametrize("mode", ["path_dependent", "interventional"])
def test_batches_and_order_do_not_matter(library, forest, mode):
    method, module = TreeShap(mode, background=7), whybench.tree_model(forest)
    whole = method.attribute(module, ROWS, training=BACKGROUND)
    assert torch.equal(method.attribute(module, ROWS, training=BACKGROUND, batch_size=1), whole)
    order = torch.tensor([2, 0, 3, 1])
    assert torch.equal(method.attribute(module, ROWS[order], training=BACKGROUND), whole[order])
    assert torch.equal(method.attribute(module, ROWS[1:2], training=BACKGROUND), whole[1:2])
    assert method.attribute(module, ROWS.float(), training=BACKGROUND).dtype == torch.float32


def test_the_background_is_drawn_by_the_seed(library, forest):
    method, module = TreeShap("interventional", background=5), whybench.tree_model(forest)
    drawn = BACKGROUND[Streams(3).permutation("background", "", 0, 12)[:5]]
    every = TreeShap("interventional").attribute(module, ROWS, training=drawn)
    assert relative(method.attribute(module, ROWS, training=BACKGROUND, seed=3), every) <= 1e-12
    assert not torch.equal(method.attribute(module, ROWS, training=BACKGROUND, seed=4), every)
    assert method.stochastic
    assert not TreeShap().stochastic


def test_a_background_of_more_than_a_hundred_rows_is_used_whole(library, forest):
    """shap by itself thins it to a hundred."""
    background, module = torch.from_numpy(INPUTS[:150]), whybench.tree_model(forest)
    sums = TreeShap("interventional", background=150).attribute(module, ROWS, training=background).sum(1)
    assert relative(sums, module(ROWS)[:, 0] - module(background).mean()) <= 1e-5


def test_what_it_cannot_explain_is_refused(library, forest):
    with pytest.raises(Unsupported, match="tree_shap needs trees, which model 'model' does not give"):
        TreeShap().attribute(torch.nn.Linear(10, 1).double(), ROWS)
    with pytest.raises(Unsupported, match="tree_shap needs training"):
        TreeShap("interventional").attribute(whybench.tree_model(forest), ROWS)


def test_parameters_are_checked():
    with pytest.raises(BadParameter, match="mode='tree'; allowed: path_dependent, interventional"):
        TreeShap("tree")
    with pytest.raises(BadParameter, match="background=0"):
        TreeShap(background=0)


def test_without_shap_it_says_how_to_install_it(forest, monkeypatch):
    monkeypatch.setitem(sys.modules, "shap", None)
    with pytest.raises(Unsupported, match=r"tree_shap is computed by the library shap: .*'whybench\[shap\]'"):
        TreeShap().attribute(whybench.tree_model(forest), ROWS)
