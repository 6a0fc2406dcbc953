"""Which contenders nobody beats on two counts at once."""

from typing import Any

import numpy as np

from whybench.statistics.values import Values, finite

Truths = np.ndarray[Any, np.dtype[np.bool_]]


def pareto_front(costs: Values, qualities: Values) -> Truths:
    """Who is on the front: nobody costs no more and is at least as good, one of the two strictly.

    costs: smaller is better; qualities: larger is better. Equal contenders are on the front together or not at all.
    Raises ValueError where the lengths differ or a value is not finite.

    >>> pareto_front([1.0, 2.0, 3.0], [0.5, 0.4, 0.9]).tolist()
    [True, False, True]
    """
    cost, quality = finite(costs), finite(qualities)
    if cost.shape != quality.shape:
        raise ValueError(f"{len(cost)} costs against {len(quality)} qualities; each contender has one of both")
    no_worse = (cost[None, :] <= cost[:, None]) & (quality[None, :] >= quality[:, None])
    better = (cost[None, :] < cost[:, None]) | (quality[None, :] > quality[:, None])
    front: Truths = np.logical_not(np.any(no_worse & better, axis=1))
    return front
