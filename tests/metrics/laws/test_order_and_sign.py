"""What the reverse of a map scores, and metrics for which nothing but the order of the features counts."""

import dataclasses
from typing import Any

import pytest
import torch
from law_world import judged, names, opened, scaled, small
from planting import Answers
from torch import Tensor

from whybench.metrics.attribution import Insertion, PixelFlipping
from whybench.protocols import Metric, Query

SAME = [
    "complexity",
    "continuity",
    "data_randomisation",
    "effective_complexity",
    "efficient_mprt",
    "explanation_manipulation",
    "gini",
    "implementation_invariance",
    "infidelity",
    "input_invariance",
    "input_shift_consistency",
    "local_lipschitz",
    "monotonicity_correlation",
    "mprt",
    "non_sensitivity",
    "random_logit",
    "relative_input_stability",
    "relative_output_stability",
    "relative_representation_stability",
    "sensitivity_max",
    "smooth_mprt",
    "sufficiency",
    "symmetry",
]
"""Metrics that a map and its negative score alike: they look at sizes, at changes, or at the likeness of two maps."""

OPPOSITE = ["abpc", "faithfulness_correlation", "faithfulness_estimate", "sensitivity_n", "srg"]
"""Metrics for which the reversed map has the score with the other sign, on any model."""

BOTH_ORDERS = ["aopc", "pixel_flipping", "road", "roar"]
"""Metrics of which the reversed map in one order is the map in the other."""

NO_LAW = {
    "average_drop": "the map is brought to [0, 1], and its reverse lets through what the map hides",
    "average_gain": "as above",
    "average_increase": "as above",
    "completeness": "the sum changes its sign, and what it should be does not",
    "cosine_convergence": "looks at no map",
    "excess_region": "as ssr",
    "focus": "positive relevance is another set of features",
    "irof": "the reversed order is another average, of which there is no form here",
    "monotonicity": "steps of another order",
    "naopc": "the reverse of the best order is not the worst on every model",
    "outside_inside_ratio": "positive relevance is another set of features",
    "pattern_quality": "looks at no map",
    "pointing_game": "the smallest value is anywhere",
    "rank_accuracy": "the last features are others than the first",
    "regret": "what the reverse of an order is worth depends on the order",
    "relevance_mass": "positive relevance is another set of features",
    "saliency_metric": "positive relevance is another set of features",
    "sdr": "what is enough to change the class says nothing of the other end",
    "ssr": "what is enough to keep the class says nothing of the other end",
    "top_k_intersection": "the last features are others than the first",
}
"""Metrics for which the negative of a map may score anything, and why."""


def scores(metric: Metric[Any], factor: float = 1.0) -> Tensor:
    method = judged(metric.name)
    return metric.score(opened(method if factor == 1 else scaled(method, factor))).values


def same(found: Tensor, wanted: Tensor) -> None:
    torch.testing.assert_close(found, wanted, rtol=1e-9, atol=1e-12, equal_nan=True)


def test_every_metric_has_a_law_of_sign_or_a_reason_for_none() -> None:
    lawful = [*SAME, *OPPOSITE, *BOTH_ORDERS, "insertion", "roc_auc", "selectivity"]
    assert sorted([*lawful, *NO_LAW]) == names()


@pytest.mark.parametrize("name", SAME)
def test_a_map_and_its_negative_score_the_same(name: str) -> None:
    same(scores(small(name), -1.0), scores(small(name)))


@pytest.mark.parametrize("name", OPPOSITE)
def test_the_reversed_map_has_the_opposite_score(name: str) -> None:
    same(scores(small(name), -1.0), -scores(small(name)))


@pytest.mark.parametrize("name", BOTH_ORDERS)
def test_the_reversed_map_in_one_order_is_the_map_in_the_other(name: str) -> None:
    metric: Any = small(name)
    if name == "road":  # whose shares are removed from one end, and kept from the other, at equal percentages
        metric = dataclasses.replace(metric, percentages=(25, 50, 75))
    same(scores(dataclasses.replace(metric, order="lerf"), -1.0), scores(metric))


def test_insertion_is_the_deletion_of_the_reversed_map() -> None:
    same(scores(Insertion(), -1.0), scores(PixelFlipping()))
    same(scores(small("selectivity"), -1.0), scores(Insertion()))


def test_the_reversed_map_has_the_rest_of_the_area() -> None:
    same(scores(small("roc_auc"), -1.0), 1 - scores(small("roc_auc")))


ORDER_ONLY = [
    *["abpc", "aopc", "insertion", "monotonicity", "pixel_flipping", "pointing_game", "random_logit", "rank_accuracy"],
    *["road", "roar", "roc_auc", "sdr", "selectivity", "srg", "ssr", "top_k_intersection"],
    *["data_randomisation", "mprt"],
]
"""Metrics that see nothing of a map but the order of its features."""


@pytest.mark.parametrize("name", ORDER_ONLY)
def test_an_increasing_function_of_a_map_changes_nothing(name: str) -> None:
    """Not even a bit, though the values that are summed, ranked or compared are others."""
    method = judged(name)

    def one_channel(query: Query) -> Tensor:
        return method.explain(query).relevance.sum(1, keepdim=True)

    plain = small(name).score(opened(Answers(one_channel))).values
    raised = small(name).score(opened(Answers(lambda query: one_channel(query).exp() - 7))).values
    assert torch.equal(raised.nan_to_num(), plain.nan_to_num())
