"""Tree ensembles as modules, from estimators that scikit-learn fitted."""

from whybench.trees.ensemble import TreeEnsemble
from whybench.trees.estimators import tree_model

__all__ = ["TreeEnsemble", "tree_model"]
