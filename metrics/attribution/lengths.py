"""Euclidean lengths of values of any magnitude."""

import torch
from torch import Tensor


def length(rows: Tensor) -> Tensor:
    """|row|_2 of each row, (n, m) float64 -> (n,), also where squares of the values leave the range of their numbers.

    Each row is divided by the power of two below its largest value before, which changes no bit of any other length.

    >>> length(torch.tensor([[3e-200, 4e-200], [0.0, 0.0]], dtype=torch.float64)).tolist()
    [5e-200, 0.0]
    """
    largest = rows.abs().amax(1, keepdim=True)
    scale = torch.exp2(torch.frexp(largest).exponent.double() - 1)
    found: Tensor = (rows / scale).norm(dim=1) * scale.squeeze(1)
    return found
