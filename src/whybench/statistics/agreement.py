"""Do two metrics put the same methods in the same order?"""

from scipy.stats import kendalltau

from whybench.statistics.values import Values, finite


def kendall_tau_b(a: Values, b: Values) -> float:
    """(concordant - discordant) pairs over sqrt((pairs untied in a) (pairs untied in b)), from -1 to 1.

    Raises ValueError where the lengths differ, a value is not finite, or all values of one side are equal (no order
    to agree with). Source: kendall1945.

    >>> kendall_tau_b([1.0, 2.0, 3.0], [1.0, 3.0, 2.0])
    0.333333333333333
    """
    first, second = finite(a), finite(b)
    if first.shape != second.shape:
        raise ValueError(f"{len(first)} values against {len(second)}; both metrics must score the same methods")
    for values in (first, second):
        if values.min() == values.max():
            raise ValueError(f"all {len(values)} values equal {values[0]}; there is no order to agree with")
    # rounded, since the last bit depends on the order in which contenders are given
    return round(float(kendalltau(first, second).statistic), 15)
