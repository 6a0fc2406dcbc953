"""What a name stands for: one function for methods, metrics, models and datasets each."""

from typing import Any

from whybench.loading import load_dataset, load_model
from whybench.protocols import Dataset, Method, Metric, Model
from whybench.suite import method as resolve_method
from whybench.suite import metric as resolve_metric

__all__ = ["dataset", "method", "metric", "model"]


def method(spec: str) -> Any:
    """The method that a spec names: `gradient`, `smooth_grad(samples=50)`, `pkg.module:attr`, `file.py:attr`.

    >>> method("integrated_gradients(steps=20)").steps
    20
    """
    found: Method[Any] = resolve_method(spec)
    return found


def metric(spec: str) -> Any:
    """The metric that a spec names."""
    found: Metric[Any] = resolve_metric(spec)
    return found


def model(spec: str) -> Any:
    """The loaded model that a spec names; `.module` is the torch module."""
    found: Model = load_model(spec)  # type: ignore[assignment]
    return found


def dataset(spec: str) -> Dataset:
    """The loaded dataset that a spec names."""
    return load_dataset(spec)
