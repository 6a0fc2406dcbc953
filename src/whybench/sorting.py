"""The values of each row in order, and their order."""

import numpy as np
import torch
from torch import Tensor


def order(values: Tensor) -> Tensor:
    """Where the values of each row lie from the lowest to the highest, (n, d) -> (n, d) int64; no value may be NaN.

    Equal values come in any order. On the CPU by NumPy, several times as fast as torch.

    >>> order(torch.tensor([[0.5, 0.1, 0.3]])).tolist()
    [[1, 2, 0]]
    """
    if values.device.type != "cpu":
        return values.argsort(1)
    return torch.from_numpy(values.numpy().argsort(1))


def ascending(values: Tensor) -> Tensor:
    """The values of each row from the lowest to the highest, (n, d) -> (n, d); no value may be NaN.

    On the CPU by NumPy, several times as fast as torch.

    >>> ascending(torch.tensor([[3.0, 1.0, 2.0]])).tolist()
    [[1.0, 2.0, 3.0]]
    """
    return values.sort(1).values if values.device.type != "cpu" else torch.from_numpy(np.sort(values.numpy(), 1))
