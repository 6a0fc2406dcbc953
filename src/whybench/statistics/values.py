"""What statistics are computed from: finite float64 values, summed exactly."""

import math
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
Values: TypeAlias = Sequence[float] | Array


def finite(values: Values, dimensions: int = 1) -> Array:
    """`values` as a float64 array; raises ValueError where they are empty, of another shape, or not all finite.

    >>> finite([1.0, float("nan")])
    Traceback (most recent call last):
    ValueError: value nan at position 1; statistics take finite values only
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != dimensions or array.size == 0:
        raise ValueError(f"values of shape {array.shape}; expected {dimensions} dimension(s) and at least one value")
    if not np.isfinite(array).all():
        first = np.argwhere(~np.isfinite(array))[0]
        place = ", ".join(str(i) for i in first)
        raise ValueError(f"value {array[tuple(first)]} at position {place}; statistics take finite values only")
    return array


def mean_of_known(values: Iterable[float | None]) -> float | None:
    """The mean of the values that are there; None where none is.

    >>> mean_of_known([1.0, None, 3.0]), mean_of_known([None])
    (2.0, None)
    """
    known = [value for value in values if value is not None]
    return mean(known) if known else None


def mean(values: Values) -> float:
    """The mean, from the exactly rounded sum, so that the order of values changes no bit.

    >>> mean([1e16, 1.0, -1e16])
    0.3333333333333333
    """
    array = finite(values)
    if array.min() == array.max():
        return float(array[0])
    return math.fsum(array) / len(array)
