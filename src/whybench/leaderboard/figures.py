"""Numbers as people read them: no more digits than the interval supports."""

import math

from whybench.statistics import Estimate

DASH = "—"
NOTHING = 1e-12
"""Rounding errors of sums that are zero in exact arithmetic are shown as zero."""


def measured(estimate: Estimate) -> str:
    """The mean with half of its interval's width, to the second digit of the latter.

    >>> measured(Estimate(0.123456, 0.1, 0.15, 20, "t"))
    '0.123 ± 0.025'
    """
    half = estimate.half_width
    if half is None:
        return number(estimate.mean)
    if half < NOTHING and abs(estimate.mean) < NOTHING:
        return "0 ± 0"
    if half == 0:
        return f"{number(estimate.mean)} ± 0"
    decimals = 1 - math.floor(math.log10(half))
    if decimals > 8 or abs(estimate.mean) >= 1e6:
        return f"{estimate.mean:.4g} ± {half:.2g}"
    return f"{_fixed(estimate.mean, max(0, decimals))} ± {_fixed(half, max(0, decimals))}"


def signed(estimate: Estimate) -> str:
    """`measured` with a plus sign before a gain."""
    text = measured(estimate)
    return f"+{text}" if estimate.mean > 0 else text


def number(value: float | None) -> str:
    """Four significant digits; a dash for nothing."""
    return DASH if value is None else f"{value:.4g}"


def _fixed(value: float, decimals: int) -> str:
    text = f"{value:.{decimals}f}"
    return text.removeprefix("-") if float(text) == 0 else text
