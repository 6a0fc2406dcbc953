"""Bugs that lie outside of methods, metrics, models and data, each with the test that holds it, and the bug again."""

import math
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from corpus_row import Elsewhere
from torch import Tensor

from whybench.metrics.attribution.randomised_models import randomised_weights
from whybench.models.training import fit
from whybench.statistics import Estimate, estimate, t_interval


def by_the_old_name(values: Any, dx: int = 1, batched: bool = False) -> Any:
    """The area by the name that NumPy took away."""
    return np.trapz(np.array(values), dx=dx, axis=1 if batched else -1)  # type: ignore[attr-defined] # noqa: NPY201


def by_the_root_of_n(values: Any) -> Estimate:
    """An interval from a variance of the mean that was divided by the root of n."""
    found = estimate(values)
    half = (found.half_width or 0.0) * len(values) ** 0.25
    return Estimate(found.mean, found.mean - half, found.mean + half, found.n, found.how)


def logarithm_of_the_error(values: Any) -> tuple[float, float]:
    """The logarithm of the half width in the place of the half width."""
    low, high = t_interval(values)
    centre, half = (low + high) / 2, math.log((high - low) / 2)
    return centre - half, centre + half


def equal_in_equal_shapes(*asked: Any) -> dict[str, Tensor]:
    """Every layer is drawn from the same seed: those of one shape get the same weights."""
    first: dict[torch.Size, Tensor] = {}
    return {name: first.setdefault(weight.shape, weight) for name, weight in randomised_weights(*asked).items()}


def in_the_datas_order(*asked: Any) -> None:
    """Samples are not shuffled."""
    with patch.object(torch, "randperm", lambda count, generator: torch.arange(count)):
        fit(*asked)


ELSEWHERE = (
    Elsewhere(
        "Quantus, MPRT weights",
        "every layer is drawn from the same seed: those of one shape get the same weights",
        "metrics/sanity/test_randomised_models.py::test_equal_layers_get_different_weights",
        "randomised_weights",
        equal_in_equal_shapes,
        {"how": "redraw"},
    ),
    Elsewhere(
        "quanda a7993259",
        "samples are not shuffled where a model is trained",
        "models/test_model_training.py::test_each_round_takes_every_sample_once_in_an_order_of_its_own",
        "fit",
        in_the_datas_order,
    ),
    Elsewhere(
        "Quantus 0.6.0 with NumPy 2.4",
        "a function that NumPy took away: areas raise",
        "metrics/libraries/test_quantus_names.py::test_the_area_is_the_one_that_numpy_no_longer_calls_trapz",
        "area",
        by_the_old_name,
    ),
    Elsewhere(
        "shap #4842",
        "the variance of a mean is divided by the root of n",
        "statistics/test_intervals.py::test_t_intervals_cover_95_percent",
        "estimate",
        by_the_root_of_n,
        {"n": 8},
    ),
    Elsewhere(
        "OpenXAI #32",
        "the logarithm of a standard error is shown as the error of the logarithm",
        "statistics/test_intervals.py::test_t_interval_by_hand",
        "t_interval",
        logarithm_of_the_error,
    ),
)
