"""By which power of its size a cost grows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

LEVEL = 0.95


@dataclass(frozen=True)
class Exponent:
    """b of y = a x^b, with its interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.2f} ({self.low:.2f} to {self.high:.2f})"


def exponent(x: Sequence[float], y: Sequence[float]) -> Exponent:
    """The slope of log y over log x by least squares, with its t interval of n - 2 degrees of freedom.

    Raises ValueError for fewer than 3 points, for points that are not above 0, and where all x are equal.

    >>> str(exponent([1, 2, 4, 8], [3, 6, 12, 24]))
    '1.00 (1.00 to 1.00)'
    >>> str(exponent([1, 2, 4], [1.0, 2.0, 2.0]))
    '0.50 (-3.17 to 4.17)'
    """
    sizes, costs = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if len(sizes) != len(costs) or len(sizes) < 3 or not (sizes > 0).all() or not (costs > 0).all():
        raise ValueError(f"x={list(x)}, y={list(y)}; at least 3 points above 0 are needed")
    across, up = np.log(sizes) - np.log(sizes).mean(), np.log(costs) - np.log(costs).mean()
    spread = float(across @ across)
    if spread == 0:
        raise ValueError(f"x={list(x)}; at least two different sizes are needed")
    slope = float(across @ up) / spread
    left = up - slope * across
    freedom = len(sizes) - 2
    reach = float(stdtrit(freedom, (1 + LEVEL) / 2)) * float(np.sqrt(left @ left / freedom / spread))
    return Exponent(slope, slope - reach, slope + reach)
