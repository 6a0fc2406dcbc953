"""The area under a curve along an order of regions, and the order in which it is smallest or largest."""

import torch
from torch import Tensor

TOGETHER = 2**21
"""Sets of different samples that are worked on at once."""


def area_along(worth: Tensor, share: Tensor, order: Tensor) -> Tensor:
    """The area by the trapezoid while regions come one by one: (n,) float64.

        A = sum_k share(r_k) (w(S_{k-1}) + w(S_k)) / 2,    S_k = {r_1, ..., r_k}

    worth: (n, 2^d), the height w of the curve at every set (`criteria.worth`); share: (d,), each region's share of
    the features; order: (n, d) int64. It is the area of the sweeps: symmetric, with the clean and the fully removed
    point.

    >>> half = torch.tensor([0.5, 0.5]).double()
    >>> area_along(torch.tensor([[4.0, 2.0, 1.0, 0.0]]).double(), half, torch.tensor([[1, 0]])).tolist()
    [1.5]
    """
    area, before = torch.zeros_like(worth[:, 0]), worth[:, 0]
    chosen = torch.zeros_like(order[:, 0])
    for region in order.unbind(1):
        chosen = chosen + (1 << region)
        now = worth.gather(1, chosen.unsqueeze(1)).squeeze(1)
        area = area + share[region] * (before + now) / 2
        before = now
    return area


def extreme_orders(worth: Tensor, share: Tensor, largest: bool = False) -> tuple[Tensor, Tensor]:
    """The smallest (or largest) area of all d! orders, (n,), and an order that has it, (n, d), first region first.

    By a dynamic programme over sets, V the smallest area with which the regions of S can have come first,

        V({}) = 0,    V(S) = min over r in S of  V(S - r) + share(r) (w(S - r) + w(S)) / 2,

    in d 2^(d-1) steps. It adds in the order in which `area_along` does, so that no order is below the optimum by a
    rounding error, and the order found has exactly the area that is given.

    >>> half = torch.tensor([0.5, 0.5]).double()
    >>> area, order = extreme_orders(torch.tensor([[4.0, 2.0, 1.0, 0.0]]).double(), half)
    >>> area.tolist(), order.tolist()
    ([1.5], [[1, 0]])
    """
    few = max(1, TOGETHER // worth.shape[1])
    parts = [_programme(some, share, largest) for some in torch.split(worth, few)]
    return torch.cat([area for area, _ in parts]), torch.cat([order for _, order in parts])


def _programme(worth: Tensor, share: Tensor, largest: bool) -> tuple[Tensor, Tensor]:
    count, height = len(share), worth.T.contiguous()
    never = -torch.inf if largest else torch.inf
    pick = torch.maximum if largest else torch.minimum
    sets = torch.arange(2**count)
    size = ((sets[:, None] >> torch.arange(count)) & 1).sum(1)
    best = torch.full_like(height, never)
    best[0] = 0.0
    for number in range(1, count + 1):
        layer = sets[size == number]
        for region in range(count):
            now = layer[(layer >> region) & 1 == 1]
            before = now - (1 << region)
            best[now] = pick(best[now], best[before] + share[region] * (height[before] + height[now]) / 2)
    return best[-1].clone(), _backwards(best, height, share, largest)


def _backwards(best: Tensor, height: Tensor, share: Tensor, largest: bool) -> Tensor:
    """From all regions back to none along the sets that the optimum went through."""
    samples, count = best.shape[1], len(share)
    sample = torch.arange(samples)[:, None]
    bits = 1 << torch.arange(count)
    now, order = torch.full((samples, 1), 2**count - 1), []
    for _ in range(count):
        inside = now & bits != 0
        before = torch.where(inside, now - bits, 0)
        offered = best[before, sample] + share * (height[before, sample] + height[now, sample]) / 2
        offered = torch.where(inside, -offered if largest else offered, torch.inf)
        region = offered.argmin(1, keepdim=True)
        order.append(region)
        now = before.gather(1, region)
    return torch.cat(order[::-1], 1)
