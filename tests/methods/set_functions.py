"""Set functions as models of tables, and their Shapley values straight from the definition."""

from itertools import combinations
from math import factorial

import torch
from torch import Tensor, nn


class SetFunction(nn.Module):
    """v(S) for a row with ones in the columns S and zeros elsewhere; a scalar model."""

    def __init__(self, values: Tensor) -> None:
        super().__init__()
        self.register_buffer("values", values)

    def forward(self, inputs: Tensor) -> Tensor:
        place = (inputs > 0.5).long() @ (2 ** torch.arange(inputs.shape[1]))
        return self.values[place]


def members(players: int) -> Tensor:
    """Who is in each coalition, in the order of `SetFunction.values`: (2^M, M) float64."""
    return torch.tensor([[place >> p & 1 for p in range(players)] for place in range(2**players)]).double()


def noise(players: int, seed: int = 0) -> Tensor:
    """A game without any structure."""
    return torch.randn(2**players, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def unanimity(players: int, needed: tuple[int, ...]) -> Tensor:
    """1 where all of `needed` are in."""
    return members(players)[:, list(needed)].prod(1)


def shapley(values: Tensor) -> Tensor:
    """phi_p = sum over S without p of |S|! (M - |S| - 1)! / M! (v(S and p) - v(S))."""
    players = (len(values) - 1).bit_length()
    phi = torch.zeros(players, dtype=torch.float64)
    for p in range(players):
        others = [q for q in range(players) if q != p]
        for size in range(players):
            weight = factorial(size) * factorial(players - size - 1) / factorial(players)
            for some in combinations(others, size):
                place = sum(2**q for q in some)
                phi[p] += weight * (values[place + 2**p] - values[place])
    return phi


def everyone(players: int, samples: int = 1) -> Tensor:
    """Inputs with all players in; a zero takes a player out."""
    return torch.ones(samples, players, dtype=torch.float64)
