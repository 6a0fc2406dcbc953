"""The package `captum.metrics`: imported at first use."""

from typing import Any

from whybench.errors import MissingExtra


def captum_metrics() -> Any:
    """The package `captum.metrics`; raises MissingExtra where it is not installed."""
    try:
        from captum import metrics
    except ImportError as error:
        raise MissingExtra("captum") from error
    return metrics
