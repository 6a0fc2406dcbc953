"""Where a criterion is met along a sweep."""

from typing import Literal

from torch import Tensor

Crossing = Literal["first", "sustained"]


def crossing_point(met: Tensor, crossing: Crossing) -> Tensor:
    """The first point where the criterion is met (`first`), or from which on it always is (`sustained`).

    met: (..., points) bool; returns (...) int64, the number of points where there is none.

    >>> import torch
    >>> met = torch.tensor([False, True, False, True])
    >>> crossing_point(met, "first").item(), crossing_point(met, "sustained").item()
    (1, 3)
    >>> crossing_point(~met, "sustained").item()
    4
    """
    if crossing == "sustained":
        return met.shape[-1] - met.flip(-1).long().cumprod(-1).sum(-1)
    return (~met).long().cumprod(-1).sum(-1)


def size_at(fraction: Tensor, point: Tensor) -> Tensor:
    """The fraction at a point, 1 beyond the last: (..., points) and (...) -> (...)."""
    last = fraction.shape[-1] - 1
    return fraction.gather(-1, point.clamp_max(last).unsqueeze(-1)).squeeze(-1)


def censored(never: Tensor, reason: str) -> dict[int, str]:
    """The reason for every sample that never crosses in one of its tie orders: (n, 2) bool -> by position."""
    return {int(i): reason for i in never.any(1).nonzero()}


def other(crossing: Crossing) -> Crossing:
    """The reading that is not the score."""
    return "sustained" if crossing == "first" else "first"
