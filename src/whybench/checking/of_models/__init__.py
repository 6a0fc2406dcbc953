"""The clauses of models and datasets, filed when they are imported."""

from whybench.checking.of_models import datasets, models

__all__ = ["datasets", "models"]
