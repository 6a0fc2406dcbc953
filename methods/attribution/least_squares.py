"""Weighted least squares, many at once."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

SMALLEST = 1e-10
"""Eigenvalues below this share of the largest count as zero."""
AT_ONCE = 16
"""Systems solved together; more would save no time, and each holds all of its rows in float64."""


def least_squares(design: Tensor, target: Tensor, weight: Tensor, ridge: float = 0.0) -> Tensor:
    """Coefficients of weighted, ridged least squares.

    argmin_b sum_r w_r (y_r - z_r . b)^2 + ridge |b|^2; where many b do equally well, the shortest.

    design: z (n, rows, columns); target: y (n, rows); weight: w (n, rows), all float64. Returns b (n, columns).

    >>> z = torch.tensor([[[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]], dtype=torch.float64)
    >>> w = torch.ones(1, 3, dtype=torch.float64)
    >>> least_squares(z, torch.tensor([[1.5, -2.0, -0.5]], dtype=torch.float64), w).round(decimals=12).tolist()
    [[1.5, -2.0]]
    """
    weighted = (design * weight.unsqueeze(2)).mT
    system = weighted @ design + ridge * torch.eye(design.shape[2], dtype=design.dtype, device=design.device)
    moments = weighted @ target.unsqueeze(2)
    inverse: Tensor = torch.linalg.pinv(system, rtol=SMALLEST, hermitian=True)
    return (inverse @ moments).squeeze(2)


def alike(designs: Sequence[Tensor]) -> Iterator[list[int]]:
    """Positions of designs of the same shape, a few at a time, to be stacked and solved together.

    >>> list(alike([torch.empty(3, 2), torch.empty(4, 2), torch.empty(3, 2)]))
    [[0, 2], [1]]
    """
    for shape in sorted({tuple(design.shape) for design in designs}):
        same = [i for i, design in enumerate(designs) if tuple(design.shape) == shape]
        yield from (same[start : start + AT_ONCE] for start in range(0, len(same), AT_ONCE))
