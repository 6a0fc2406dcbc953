"""Stratified steps: few points of a sweep at random places, whose plain mean is the area of the full curve."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from whybench.streams import Streams

if TYPE_CHECKING:
    from whybench.sweeps.grids import Steps
    from whybench.sweeps.sweep import Direction

STRATIFIED = re.compile(r"stratified\(([1-9]\d*)\)")


def strata(steps: "Steps") -> int | None:
    """The k of the rule 'stratified(k)'; None for every other rule.

    >>> strata("stratified(8)"), strata("every(8)"), strata(8)
    (8, None, None)
    """
    found = STRATIFIED.fullmatch(steps) if isinstance(steps, str) else None
    return int(found[1]) if found else None


def offsets(count: int, ids: Sequence[str], streams: Streams) -> Tensor:
    """u_i = (i + v_i) / k with v_i uniform in [0, 1): one random share removed in each of k strata, (n, k) float64.

    They are named by the sample alone: every map, infill and direction is asked at the same ones.
    """
    return (torch.arange(count) + streams.uniforms("sweep/strata", [(i, 0) for i in ids], (count,))) / count


def stratified_points(offset: Tensor, ordered: Tensor, direction: "Direction") -> Tensor:
    """How many regions come before each point, rising: (n, 2, k) int64.

    offset: (n, k), shares of features removed; ordered: (n, 2, d) int64, the regions' sizes in the order of the map.
    With c_j the size of the first j regions removed, offset u falls on the point j for which

        (c_{j-1} + c_j) / 2 <= u c_d < (c_j + c_{j+1}) / 2,

    which for u uniform in [0, 1) has the probability (c_{j+1} - c_{j-1}) / 2 c_d, its weight in the trapezoid over all
    d + 1 points. So the plain mean over the strata has that area as its expectation, for every k, any curve and
    regions of any sizes. An insertion keeps what the reversed map's deletion leaves at the same offsets; hence the
    laws of reversal hold draw by draw.

    >>> eight = torch.ones(1, 2, 8, dtype=torch.int64)
    >>> stratified_points(torch.tensor([[0.05, 0.3, 0.7]]), eight, "deletion")[0, 0].tolist()
    [0, 2, 6]
    >>> stratified_points(torch.tensor([[0.05, 0.3, 0.7]]), eight, "insertion")[0, 0].tolist()
    [2, 6, 8]
    """
    removed = ordered if direction == "deletion" else ordered.flip(2)
    after = removed.cumsum(2)
    borders = (2 * after - removed).double()  # c_{j-1} + c_j
    reached = 2 * after[..., -1:] * offset.to(borders)[:, None]
    points = torch.searchsorted(borders, reached, right=True)
    return points if direction == "deletion" else (removed.shape[2] - points).flip(2)
