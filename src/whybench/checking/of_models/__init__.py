"""The clauses of models and datasets, filed when they are imported."""

from whybench.checking.of_models import answers, datasets, given, loaders, models

__all__ = ["answers", "datasets", "given", "loaders", "models"]
