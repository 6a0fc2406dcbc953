"""Bugs that lie outside of methods, metrics, models and data, each with the test that holds it."""

from corpus_row import Elsewhere

ELSEWHERE = (
    Elsewhere(
        "Quantus 0.6.0 with NumPy 2.4",
        "a function that NumPy took away: areas raise",
        "metrics/libraries/test_quantus_names.py::test_the_area_is_the_one_that_numpy_no_longer_calls_trapz",
    ),
    Elsewhere(
        "shap #4842",
        "the variance of a mean is divided by the root of n",
        "statistics/test_intervals.py::test_t_intervals_cover_95_percent",
    ),
    Elsewhere(
        "OpenXAI #32",
        "the logarithm of a standard error is shown as the error of the logarithm",
        "statistics/test_intervals.py::test_t_interval_by_hand",
    ),
    Elsewhere(
        "torch #25162",
        "the last batch is filled with samples that were there",
        "engine/test_suite.py::test_datasets_that_cannot_be",
    ),
)
