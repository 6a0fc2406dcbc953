"""How a curve becomes one number: ours, and what others do."""

from typing import Literal

import torch
from torch import Tensor

Average = Literal["area", "steps", "mean", "mean_after", "sum_after"]


def averaged(fraction: Tensor, values: Tensor, average: Average) -> Tensor:
    """The average height of each curve, mean over the tie orders: two (n, 2, points) -> (n,).

    area: the trapezoid over the share of features, divided by the share that the curve spans: 1 unless it stops early;
    steps: the trapezoid over the points, all at one distance, divided by the number of intervals (RISE);
    mean: the mean of all points (Samek, PnPXAI); mean_after: of all but the first (Quantus' lists of drops);
    sum_after: the trapezoid without the first point, one for the distance of two points, not divided (Quantus' area).

    >>> q = torch.tensor([[[0.0, 0.5, 1.0]] * 2]).double()
    >>> y = torch.tensor([[[4.0, 2.0, 1.0]] * 2]).double()
    >>> [averaged(q, y, rule).item() for rule in ("area", "steps", "mean_after", "sum_after")]
    [2.25, 2.25, 1.5, 1.5]
    """
    if average == "area":
        return (torch.trapezoid(values, fraction, dim=2) / (fraction[..., -1] - fraction[..., 0])).mean(1)
    if average == "steps":
        return torch.trapezoid(values, dim=2).mean(1) / (values.shape[2] - 1)
    if average == "sum_after":
        return torch.trapezoid(values[..., 1:], dim=2).mean(1)
    return (values if average == "mean" else values[..., 1:]).mean((1, 2))
