"""Draws of samples, in the batches in which they go through a model."""

from collections.abc import Iterator

import torch
from torch import Tensor


def pairs(samples: int, draws: int, rows: int, device: torch.device) -> Iterator[tuple[Tensor, Tensor]]:
    """All (sample, draw) pairs, sample-major, `rows` at a time: two int64 tensors a batch.

    >>> [(sample.tolist(), draw.tolist()) for sample, draw in pairs(2, 2, 3, torch.device("cpu"))]
    [([0, 0, 1], [0, 1, 0]), ([1], [1])]
    """
    for flat in torch.split(torch.arange(samples * draws, device=device), rows):
        yield flat // draws, flat % draws
