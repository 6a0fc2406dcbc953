"""The trees written out as whybench sees them."""

from functools import cache

import numpy as np
import slow_trees as slow
import torch

from whybench.domains import TabularDomain
from whybench.protocols import Model, Training
from whybench.trees import TreeEnsemble
from whybench.trees.ensemble import Tree


@cache
def forest() -> Model:
    trees = [
        Tree(left, right, column, threshold, values, cover)
        for nodes, values in zip(slow.TREES, slow.VALUES, strict=True)
        for left, right, column, threshold, cover in [map(np.array, zip(*nodes, strict=True))]
    ]
    ensemble, seen = TreeEnsemble(trees, slow.OFFSET, slow.COLUMNS).eval(), torch.as_tensor(slow.SEEN)
    training = Training(seen, ensemble(seen).argmax(1))
    return Model("trees", ensemble, TabularDomain(), training=training, differentiable=False)
