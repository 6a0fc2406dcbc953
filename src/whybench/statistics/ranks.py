"""Ranks and how sure they are."""

from typing import Any

import numpy as np

from whybench.statistics import resampling
from whybench.statistics.intervals import LEVEL
from whybench.statistics.values import Array, Values, finite

Ranks = np.ndarray[Any, np.dtype[np.int64]]


def ranks(standing: Values) -> Ranks:
    """1 + the number of contenders that stand strictly higher; equal ones share the better rank.

    >>> ranks([0.3, 0.9, 0.3]).tolist()
    [2, 1, 2]
    """
    place = finite(standing)
    higher: Ranks = (place[None, :] > place[:, None]).sum(axis=1)
    return higher + 1


def shared_ranks(standing: Values) -> Array:
    """Ranks from the best, 1, to the worst; equal ones share their mean rank.

    >>> shared_ranks([0.3, 0.9, 0.3]).tolist()
    [2.5, 1.0, 2.5]
    """
    place = finite(standing)
    above = (place[None, :] > place[:, None]).sum(axis=1)
    equal = (place[None, :] == place[:, None]).sum(axis=1)
    shared: Array = above + (equal + 1) / 2
    return shared


def places(scores: Array) -> Array:
    """`shared_ranks` of the contenders in each unit: (contenders, units), larger scores better, to the same shape.

    >>> places(np.array([[1.0, 5.0], [2.0, 4.0]])).tolist()
    [[2.0, 1.0], [1.0, 2.0]]
    """
    return np.stack([shared_ranks(column) for column in finite(scores, 2).T], axis=1)


def rank_intervals(scores: Array, level: float = LEVEL) -> list[tuple[int, int]] | None:
    """Each contender's rank interval, by resampling the units jointly for all contenders.

    scores: (contenders, units), larger is better. The lower end counts those strictly better, the upper end those
    at least as good, so that equal contenders share one interval; the rank on all units always lies inside. None
    for a single unit.
    """
    table = finite(scores, 2)
    m, n = table.shape
    if n == 1:
        return None
    means = np.stack([resampling.means(row) for row in table])
    tail = (1 - level) / 2
    observed = ranks([float(v) for v in table.mean(axis=1)])
    intervals = []
    for k in range(m):
        best = 1 + (means > means[k]).sum(axis=0)
        worst = (means >= means[k]).sum(axis=0)
        low = int(np.quantile(best, tail, method="lower"))
        high = int(np.quantile(worst, 1 - tail, method="higher"))
        intervals.append((min(low, int(observed[k])), max(high, int(observed[k]))))
    return intervals
