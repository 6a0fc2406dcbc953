"""Exact Shapley values and interactions from the table of all sets."""

from math import comb

import torch
from torch import Tensor


def shapley_values(worth: Tensor) -> Tensor:
    """phi_i = sum over S without i of s! (d - s - 1)! / d! (w(S + i) - w(S)), s = |S|: (n, 2^d) -> (n, d) float64.

    They sum to w(all) - w(none). Source: shapley1953.

    >>> shapley_values(torch.tensor([[0.0, 2.0, -3.0, 1.0]])).tolist()
    [[3.0, -2.0]]
    """
    count = _players(worth)
    weight = _weights(count, 1).to(worth.device)
    gains = [_difference(worth.double(), region) for region in range(count)]
    return torch.stack([(gain * weight).sum(1) for gain in gains], 1)


def interactions(worth: Tensor) -> Tensor:
    """The Shapley interaction index of every two regions: (n, 2^d) -> (n, d, d) float64, 0 on the diagonal.

        I_ij = sum over S without i, j of s! (d - s - 2)! / (d - 1)! (w(S + ij) - w(S + i) - w(S + j) + w(S))

    Positive where two regions do together more than each by itself. Source: grabisch1999.

    >>> interactions(torch.tensor([[0.0, 2.0, -3.0, 1.0]]))[0, 0, 1].item()
    2.0
    """
    count = _players(worth)
    found = worth.new_zeros((len(worth), count, count), dtype=torch.float64)
    if count < 2:
        return found
    weight = _weights(count, 2).to(worth.device)
    for first in range(count):
        gain = _difference(worth.double(), first)
        for second in range(first):  # the lower region keeps its place when the higher one is left out
            found[:, first, second] = (_difference(gain, second) * weight).sum(1)
    return found + found.transpose(1, 2)


def _players(worth: Tensor) -> int:
    return worth.shape[1].bit_length() - 1


def _difference(worth: Tensor, region: int) -> Tensor:
    """w(S + region) - w(S) for every S without it, in the order of the sets of the others: half as many columns."""
    cut = worth.view(len(worth), -1, 2, 1 << region)
    return (cut[:, :, 1] - cut[:, :, 0]).flatten(1)


def _weights(count: int, left_out: int) -> Tensor:
    """The chance of each set of the others to be those before: 1 / ((m + 1) C(m, s)), m = d - left_out others."""
    others = count - left_out
    size = ((torch.arange(2**others)[:, None] >> torch.arange(others)) & 1).sum(1)
    chance = torch.tensor([1 / ((others + 1) * comb(others, s)) for s in range(others + 1)], dtype=torch.float64)
    return chance[size]
