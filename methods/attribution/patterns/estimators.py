"""Patterns from moments: the direction a of what a neuron reads such that a y is the signal in it, with w.a = 1."""

from collections.abc import Callable, Mapping
from typing import Literal

import torch
from torch import Tensor

from whybench.methods.attribution.patterns.moments import Moments, Regimes

EstimatorName = Literal["two_component", "linear"]

ROUNDING = 1e-9
"""What is smaller than this share of what it was computed from is taken for 0."""


def linear(regimes: Regimes, weight: Tensor) -> tuple[Tensor, Tensor]:
    """a = cov(x, y) / var(y) over all patches, for both regimes; 0 for a neuron that is constant on them."""
    everything = regimes.everything
    pattern = _scaled(everything.joint, weight)
    size = (weight * everything.mean_x).abs().sum(2)
    spread = ((weight * everything.joint).sum(2) / everything.count).clamp(min=0).sqrt()
    pattern = torch.where((spread > ROUNDING * size)[..., None], pattern, 0)
    return pattern, pattern


def two_component(regimes: Regimes, weight: Tensor) -> tuple[Tensor, Tensor]:
    """a+ = (E+[x y] - E+[x] E[y]) / (w.E+[x y] - w.E+[x] E[y]), and a- likewise.

    E+ is over the patches where the neuron is active, E- over the others, E over all. A regime without a patch, or
    whose denominator is 0, has the linear pattern.
    """
    fallback, _ = linear(regimes, weight)
    mean_y = regimes.everything.mean_y
    return _regime(regimes.active, mean_y, weight, fallback), _regime(regimes.inactive, mean_y, weight, fallback)


def _regime(moments: Moments, mean_y: Tensor, weight: Tensor, fallback: Tensor) -> Tensor:
    """E+[x y] - E+[x] E[y] = cov+(x, y) + E+[x] (E+[y] - E[y]), without the cancellation of the left side."""
    numerator = moments.joint / moments.count.clamp(min=1)[..., None]
    numerator = numerator + moments.mean_x * (moments.mean_y - mean_y)[..., None]
    known = fallback.any(2, keepdim=True) & (numerator != 0).any(2, keepdim=True)
    return torch.where(known & _regular(numerator, weight), _scaled(numerator, weight), fallback)


def _regular(direction: Tensor, weight: Tensor) -> Tensor:
    products = weight * direction
    return (products.sum(2).abs() > ROUNDING * products.abs().sum(2))[..., None]


def _scaled(direction: Tensor, weight: Tensor) -> Tensor:
    """`direction` times a number such that w.a = 1; 0 where there is none."""
    length = (weight * direction).sum(2, keepdim=True)
    return torch.where(_regular(direction, weight), direction / length, 0)


ESTIMATORS: Mapping[str, Callable[[Regimes, Tensor], tuple[Tensor, Tensor]]] = {
    "two_component": two_component,
    "linear": linear,
}
"""Moments and weights -> the patterns of the active and of the inactive regime, by name."""
