"""Linear interpolation of missing pixels from their neighbours, for many masks at once."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

TOLERANCE = 1e-5
"""Residual, relative to the right-hand side, at which a float32 row is done: errors below 1e-4 of the contrast."""
TOLERANCE_DOUBLE = 1e-14
MOST_ITERATIONS = 200
"""A bound that is not met: masks of any shape take 4 to 12 in float32 and 10 to 30 in float64, at any size."""
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
    images = images.contiguous()  # the stencil runs along rows; with channels innermost it takes half as long again
    known = kept.to(images.dtype)
    # Around the mean of what is known: a constant image is then exact, and rounding scales with the contrast.
    mean = _dot(images, known) / known.sum((1, 2, 3), keepdim=True) / images.shape[1]
    levels = _hierarchy(1 - known)
    residual = _neighbours((images - mean) * known) * levels[0].missing
    enough = (TOLERANCE_DOUBLE if images.dtype == torch.float64 else TOLERANCE) * _dot(residual, residual).sqrt()
    solution = torch.zeros_like(images)
    direction, before = solution, torch.ones_like(enough)
    for _ in range(MOST_ITERATIONS):
        active = _dot(residual, residual).sqrt() > enough
        if not active.any():
            break
        step = _cycle(levels, residual)
        now = _dot(residual, step)
        direction = step.addcmul_(torch.where(active, now / before, 0), direction)
        image = levels[0].laplacian(direction)
        length = torch.where(active, now / _dot(direction, image), 0)
        solution.addcmul_(length, direction)
        residual.addcmul_(length, image, value=-1)
        before = torch.where(active, now, 1)
    return torch.where(kept, images, solution + mean)


@dataclass(frozen=True, eq=False)
class _Level:
    """One grid.

    missing: (rows, 1, h, w), 1 where a value is sought and 0 elsewhere; weight: (1, 1, h, w), sum_j 12 w_ij, the
    diagonal of the system; inverse: missing / weight.
    """

    missing: Tensor
    weight: Tensor
    inverse: Tensor

    def laplacian(self, values: Tensor) -> Tensor:
        """sum_j 12 w_ij (x_i - x_j) at missing pixels, for values that are zero at known ones."""
        return _neighbours(values).neg_().addcmul_(self.weight, values).mul_(self.missing)


def _hierarchy(missing: Tensor) -> list[_Level]:
    """Grids of half the size each; a coarse pixel is known where any of its four is."""
    levels = []
    while True:
        weight = _neighbours(torch.ones_like(missing[:1])).clamp_min(1)
        levels.append(_Level(missing, weight, missing / weight))
        if max(missing.shape[2:]) <= 2 or not missing.any():
            return levels
        height, width = missing.shape[2:]
        missing = -F.max_pool2d(-F.pad(missing, (0, width % 2, 0, height % 2), value=1.0), 2)


def _cycle(levels: list[_Level], residual: Tensor) -> Tensor:
    """One symmetric V-cycle from zero: a Jacobi step, the coarser grid's correction, a Jacobi step.

    The 9-point stencil makes undamped Jacobi steps good smoothers: they shrink every rough error to a third.
    """
    level, coarser = levels[0], levels[1:]
    values = level.inverse * residual
    if coarser:
        rest = _restrict(_neighbours(values).mul_(level.missing)).mul_(coarser[0].missing)
        values.addcmul_(_prolong(_cycle(coarser, rest), values.shape[2:]), level.missing)
    return _neighbours(values).add_(residual).mul_(level.inverse)


def _neighbours(values: Tensor) -> Tensor:
    """sum_j 12 w_ij x_j: twice the direct neighbours and once the diagonal ones, nothing outside the image.

    With 4 for the pixel itself the weights separate into 1, 2, 1 down and across.
    """
    across = values * 2
    across[..., 1:] += values[..., :-1]
    across[..., :-1] += values[..., 1:]
    both = across * 2
    both[..., 1:, :] += across[..., :-1, :]
    both[..., :-1, :] += across[..., 1:, :]
    return both.sub_(values, alpha=4)


def _prolong(coarse: Tensor, size: torch.Size) -> Tensor:
    """Bilinear interpolation to twice the size, cut to `size`."""
    return _double(_double(coarse, -1), -2)[..., : size[0], : size[1]]


def _double(coarse: Tensor, dim: int) -> Tensor:
    """Two fine pixels in each coarse one: 3/4 of it and 1/4 of the neighbour on that side, or of itself at a border."""
    length = coarse.shape[dim]
    fine = coarse.new_empty([2 * n if d == coarse.ndim + dim else n for d, n in enumerate(coarse.shape)])
    left, right = torch.unflatten(fine, dim, (length, 2)).unbind(dim)
    near, far = coarse * 0.75, coarse * 0.25
    left.copy_(near).narrow(dim, 1, length - 1).add_(far.narrow(dim, 0, length - 1))
    right.copy_(near).narrow(dim, 0, length - 1).add_(far.narrow(dim, 1, length - 1))
    left.narrow(dim, 0, 1).add_(far.narrow(dim, 0, 1))
    right.narrow(dim, length - 1, 1).add_(far.narrow(dim, length - 1, 1))
    return fine


def _restrict(fine: Tensor) -> Tensor:
    """The transpose of `_prolong`."""
    return _halve(_halve(fine, -2), -1)


def _halve(fine: Tensor, dim: int) -> Tensor:
    """The transpose of `_double`; an odd length counts as one more pixel, which is nobody's neighbour."""
    length = -(-fine.shape[dim] // 2)
    even = F.pad(fine, (0, 1) if dim == -1 else (0, 0, 0, 1)) if fine.shape[dim] % 2 else fine
    left, right = torch.unflatten(even, dim, (length, 2)).unbind(dim)
    coarse = (left + right).mul_(0.75)
    coarse.narrow(dim, 1, length - 1).add_(right.narrow(dim, 0, length - 1), alpha=0.25)
    coarse.narrow(dim, 0, length - 1).add_(left.narrow(dim, 1, length - 1), alpha=0.25)
    coarse.narrow(dim, 0, 1).add_(left.narrow(dim, 0, 1), alpha=0.25)
    coarse.narrow(dim, length - 1, 1).add_(right.narrow(dim, length - 1, 1), alpha=0.25)
    return coarse


def _dot(a: Tensor, b: Tensor) -> Tensor:
    """The inner product of each row, (rows, 1, 1, 1)."""
    return (a * b).sum((1, 2, 3), keepdim=True)
