"""Linear interpolation of missing pixels from their neighbours, for many masks at once."""

from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from whybench.domains.pixel_grids import Grid, grid

TOLERANCE = 1e-5
"""Residual, relative to the right-hand side, at which a float32 row is done: errors below 1e-4 of the contrast."""
TOLERANCE_DOUBLE = 1e-14
MOST_ITERATIONS = 200
"""A bound that is not met: masks of any shape take 4 to 12 in float32 and 10 to 30 in float64, at any size."""
FEWER = 0.8
"""Share of the rows from which on those that are not done go on by themselves."""
VALUES = 640_000
"""Values solved at a time, four colour images at 224 x 224: about what stays in a processor's cache."""


def interpolate(images: Tensor, kept: Tensor) -> Tensor:
    """Missing pixels as the weighted mean of their neighbours, known and missing ones alike.

    For every missing pixel i and its neighbours j inside the image,

        x_i = sum_j w_ij x_j / sum_j w_ij,   w_ij = 1/6 for the four direct, 1/12 for the four diagonal neighbours.

    images: (rows, channels, height, width); kept: (rows, height, width) bool, at least one pixel of each row.
    Returns a tensor like `images`. The system is symmetric and positive definite; it is solved by conjugate
    gradients, preconditioned by one multigrid V-cycle. Every row stops by its own residual, so that it does not
    depend on the others.

    Source: rong2022.

    >>> ramp = torch.arange(5.0, dtype=torch.float64).expand(1, 1, 5, 5)
    >>> kept = torch.ones(1, 5, 5, dtype=torch.bool)
    >>> kept[0, 2, 2] = False
    >>> round(interpolate(ramp.where(kept, 99.0), kept)[0, 0, 2, 2].item(), 12)
    2.0
    """
    rows = max(1, VALUES // images[0].numel())
    parts = zip(torch.split(images, rows), torch.split(kept.unsqueeze(1), rows), strict=True)
    return torch.cat([_solve(image, mask) for image, mask in parts])


def _solve(images: Tensor, kept: Tensor) -> Tensor:
    levels = _hierarchy((~kept).to(images.dtype))
    level = levels[0]
    values, known = level.grid.laid_out(images), 1 - level.missing
    # Around the mean of what is known: a constant image is then exact, and rounding scales with the contrast.
    mean = _dot(values, known) / _dot(known, known) / images.shape[1]
    solution = _conjugate_gradients(levels, level.grid.neighbours((values - mean) * known) * level.missing)
    return torch.where(kept, images, (solution + mean).view(images.shape))


@dataclass(frozen=True, eq=False)
class _Level:
    """One grid.

    missing: (rows, 1, *pixels), 1 where a value is sought and 0 elsewhere; weight: (1, 1, *pixels), sum_j 12 w_ij, the
    diagonal of the system; inverse: missing / weight.
    """

    grid: Grid
    missing: Tensor
    weight: Tensor
    inverse: Tensor

    def of(self, rows: Tensor) -> "_Level":
        return replace(self, missing=self.missing.index_select(0, rows), inverse=self.inverse.index_select(0, rows))

    def laplacian(self, values: Tensor) -> Tensor:
        """sum_j 12 w_ij (x_i - x_j) at missing pixels, for values that are zero at known ones."""
        return self.grid.neighbours(values).neg_().addcmul_(self.weight, values).mul_(self.missing)


def _hierarchy(missing: Tensor) -> list[_Level]:
    """Grids of half the size each; a coarse pixel is known where any of its four is."""
    height, width = missing.shape[2:]
    on, levels = grid(height, width, missing.dtype, missing.device), []
    while True:
        sought = on.laid_out(missing)
        weight = on.neighbours(torch.ones_like(sought[:1])).clamp_min(1)
        levels.append(_Level(on, sought, weight, sought / weight))
        if max(on.height, on.width) <= 2 or not missing.any():
            return levels
        if on.width % 2 or on.height % 2:
            missing = F.pad(missing, (0, on.width % 2, 0, on.height % 2), value=1.0)
        missing = missing[..., ::2, :] * missing[..., 1::2, :]
        missing = missing[..., ::2] * missing[..., 1::2]
        on = on.coarser


def _conjugate_gradients(levels: list[_Level], residual: Tensor) -> Tensor:
    """What the system takes to `residual`, which is used up."""
    solved = torch.empty_like(residual)
    rows = torch.arange(len(residual), device=residual.device)
    enough = (TOLERANCE_DOUBLE if residual.dtype == torch.float64 else TOLERANCE) * _dot(residual, residual).sqrt()
    solution = torch.zeros_like(residual)
    direction, before = solution, torch.ones_like(enough)
    for _ in range(MOST_ITERATIONS):
        active = _dot(residual, residual).sqrt() > enough
        still = active.flatten().nonzero().squeeze(1)
        if not len(still):
            break
        if len(still) <= FEWER * len(rows):
            solved.index_copy_(0, rows, solution)
            levels = [level.of(still) for level in levels]
            rows, residual, enough, solution, direction, before, active = (
                each.index_select(0, still) for each in (rows, residual, enough, solution, direction, before, active)
            )
        step = _cycle(levels, residual)
        now = _dot(residual, step)
        direction = step.addcmul_(torch.where(active, now / before, 0), direction)
        image = levels[0].laplacian(direction)
        length = torch.where(active, now / _dot(direction, image), 0)
        solution.addcmul_(length, direction)
        residual.addcmul_(length, image, value=-1)
        before = now
    solved.index_copy_(0, rows, solution)
    return solved


def _cycle(levels: list[_Level], residual: Tensor) -> Tensor:
    """One symmetric V-cycle from zero: a Jacobi step, the coarser grid's correction, a Jacobi step.

    The 9-point stencil makes undamped Jacobi steps good smoothers: they shrink every rough error to a third.
    """
    level, coarser = levels[0], levels[1:]
    values = level.inverse * residual
    if coarser:
        rest = level.grid.restrict(level.grid.neighbours(values).mul_(level.missing))
        values.addcmul_(level.grid.prolong(_cycle(coarser, rest)), level.missing)
    return level.grid.neighbours(values).add_(residual).mul_(level.inverse)


def _dot(a: Tensor, b: Tensor) -> Tensor:
    """The inner product of each row, (rows, 1, ..., 1)."""
    return (a * b).sum(tuple(range(1, a.ndim)), keepdim=True)
