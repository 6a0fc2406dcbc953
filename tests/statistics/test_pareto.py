import math

import numpy as np
import pytest

from whybench.statistics import pareto_front


def test_by_hand() -> None:
    # cost 1 2 2 3 4, quality 1 3 3 2 4: the fourth costs more than the second and is worse; twins stay together
    assert pareto_front([1, 2, 2, 3, 4], [1, 3, 3, 2, 4]).tolist() == [True, True, True, False, True]
    assert pareto_front([1, 1], [1, 2]).tolist() == [False, True]
    assert pareto_front([1, 2], [1, 1]).tolist() == [True, False]
    assert pareto_front([5.0], [0.0]).tolist() == [True]


def test_against_the_definition() -> None:
    generator = np.random.default_rng(0)
    cost, quality = generator.integers(0, 6, (2, 30)).astype(float)
    slow = [
        not any(
            (c <= cost[i] and q >= quality[i]) and (c < cost[i] or q > quality[i])
            for c, q in zip(cost, quality, strict=True)
        )
        for i in range(30)
    ]
    assert pareto_front(cost, quality).tolist() == slow


def test_refusals() -> None:
    with pytest.raises(ValueError, match="value nan"):
        pareto_front([1.0, math.nan], [1.0, 2.0])
    with pytest.raises(ValueError, match="2 costs against 1"):
        pareto_front([1.0, 2.0], [1.0])
