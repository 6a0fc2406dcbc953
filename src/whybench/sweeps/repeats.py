"""Points of a sweep at which the model would see again what it has seen."""

from typing import Any

import torch
from torch import Tensor

from whybench.domains import FixedInfill, Infill
from whybench.protocols import Case


def first_seen(places: Tensor, points: Tensor, changes: Tensor) -> Tensor:
    """Where each input of a sweep was seen first, as a position among the sample's own: (n, 2, p) -> 0, ..., 2 p - 1.

    Two points of a sample are the same input where the same regions are turned, those left out of account that look the
    same kept and removed. In one order the turned regions are nested, so that it is enough to count them; the two
    orders of the ties have turned the same regions where as many have been turned in both as in each.

    places: (n, 2, d) int64, each region's place in the two orders; points: (n, 2, p) int64, how many come before each
    point; changes: (n, d) bool, the regions that a removal changes.

    >>> forth_and_back = torch.tensor([[[0, 1, 2], [0, 2, 1]]])
    >>> points = torch.arange(4).expand(1, 2, -1)
    >>> first_seen(forth_and_back, points, torch.tensor([[True, True, True]])).tolist()
    [[[0, 1, 2, 3], [0, 1, 6, 3]]]
    >>> first_seen(forth_and_back, points, torch.tensor([[True, True, False]])).tolist()
    [[[0, 1, 2, 2], [0, 1, 1, 2]]]
    """
    count = _turned(places, changes.unsqueeze(1).expand_as(places)).gather(2, points)
    both = _turned(places.amax(1, keepdim=True), changes.unsqueeze(1)).gather(2, points[:, :1])
    twin = (points[:, :1] == points[:, 1:]) & (count[:, :1] == both) & (count[:, 1:] == both)

    position = torch.arange(points.shape[2], device=points.device).expand_as(points)
    repeats = torch.zeros_like(points, dtype=torch.bool)
    repeats[..., 1:] = count[..., 1:] == count[..., :-1]
    start = position.masked_fill(repeats, 0).cummax(2).values
    first, second = start[:, :1], start[:, 1:]
    other = torch.where(twin.gather(2, second), first.gather(2, second), points.shape[2] + second)
    return torch.cat([first, other], 1)


def differing(case: Case[Any], infill: Infill, few: slice = slice(None)) -> Tensor:
    """The features that look otherwise when they are removed, (n, *grid) of 0 and 1: all, but for a fixed infill.

    few: the samples of the case that are asked for.
    """
    inputs, grid = case.inputs[few], case.domain.grid(tuple(case.inputs.shape))
    if not isinstance(infill, FixedInfill):
        return inputs.new_ones((len(inputs), *grid))
    differs = (infill.inputs[few] != infill.fill[few]).reshape(len(inputs), -1, *grid).any(1)
    return differs.to(inputs)


def _turned(places: Tensor, changes: Tensor) -> Tensor:
    """How many regions that change anything are among the first 0, ..., d in each order: (n, orders, d + 1) int32."""
    added = torch.zeros((*places.shape[:2], places.shape[2] + 1), dtype=torch.int32, device=places.device)
    added[..., 1:].scatter_add_(2, places, changes.int())
    return added.cumsum(2, dtype=torch.int32)
