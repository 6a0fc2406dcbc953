"""Two trees written out, and Shapley values of their columns by asking about every set of them."""

from collections.abc import Callable
from itertools import combinations
from math import factorial
from typing import NamedTuple

import numpy as np
from slow_world import CLASSES, INPUTS, TRAINING, Array, integers

COLUMNS = 4
ASKED = [0, 1, 2]
"""Of each sample another class."""
TABLE, SEEN = (x.reshape(len(x), -1)[:, ::12].copy() for x in (INPUTS, TRAINING))
Columns = frozenset[int]


class Node(NamedTuple):
    """A row goes to `left` where its column is <= threshold; a leaf leads to itself. cover: samples that came by."""

    left: int
    right: int
    column: int
    threshold: float
    cover: int


TREES = (
    (
        Node(1, 2, 0, 0.5, 8),
        Node(3, 4, 1, -2.5, 5),
        Node(5, 6, 2, 3.5, 3),
        Node(3, 3, 0, 0.0, 2),
        Node(7, 8, 0, -4.5, 3),
        Node(5, 5, 0, 0.0, 1),
        Node(6, 6, 0, 0.0, 2),
        Node(7, 7, 0, 0.0, 1),
        Node(8, 8, 0, 0.0, 2),
    ),
    (
        Node(1, 2, 3, 1.5, 8),
        Node(1, 1, 0, 0.0, 6),
        Node(3, 4, 1, 0.5, 2),
        Node(3, 3, 0, 0.0, 1),
        Node(4, 4, 0, 0.0, 1),
    ),
)
VALUES = tuple(integers((len(tree), CLASSES), 4 + k, 13) / 4 for k, tree in enumerate(TREES))
OFFSET = integers((CLASSES,), 3, 5)


def said(which: int, row: Array, known: Columns, at: int = 0) -> Array:
    """What a tree gives on average where only some columns are known, the branches in shares of their covers."""
    tree, node = TREES[which], TREES[which][at]
    if node.left == at:
        values: Array = VALUES[which][at]
        return values
    if node.column in known:
        return said(which, row, known, node.left if row[node.column] <= node.threshold else node.right)
    below = [tree[child].cover * said(which, row, known, child) for child in (node.left, node.right)]
    return (below[0] + below[1]) / node.cover


def outputs(row: Array, known: Columns = frozenset(range(COLUMNS))) -> Array:
    return OFFSET + sum(said(which, row, known) for which in range(len(TREES)))


def shapley(value: Callable[[Columns], float]) -> Array:
    """phi_p = sum over S without p of |S|! (M - |S| - 1)! / M! (v(S and p) - v(S))."""
    phi = np.zeros(COLUMNS)
    for p in range(COLUMNS):
        others = [q for q in range(COLUMNS) if q != p]
        for size in range(COLUMNS):
            weight = factorial(size) * factorial(COLUMNS - size - 1) / factorial(COLUMNS)
            for some in map(frozenset, combinations(others, size)):
                phi[p] += weight * (value(some | {p}) - value(some))
    return phi


def tree_shap(i: int) -> Array:
    return shapley(lambda known: float(outputs(TABLE[i], known)[ASKED[i]]))


def tree_shap_of_background(i: int) -> Array:
    """The mean over rows of which the unknown columns are taken."""

    def value(known: Columns) -> float:
        mixed = [[TABLE[i][c] if c in known else row[c] for c in range(COLUMNS)] for row in SEEN]
        return float(np.mean([outputs(np.array(row))[ASKED[i]] for row in mixed]))

    return shapley(value)
