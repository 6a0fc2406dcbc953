"""Shapley values by sampled permutations."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from whybench.methods.attribution.checks import whole
from whybench.methods.attribution.coalitions import CoalitionMethod
from whybench.passes import Passes
from whybench.protocols import Query
from whybench.registries import register


@register
@dataclass(frozen=True)
class ShapleySampling(CoalitionMethod):
    """The mean gain from putting a piece of the input back, over random orders and their reverses.

    phi_p = mean over orders of v(those before p, and p) - v(those before p), with v(S) = f_c(x with the players
    outside S filled in); every second order is the reverse of the one before it. For any number of orders the values
    sum to v(all) - v(none). Each player's value is shared equally by its features and channels: shaped like the
    inputs, in units of the output.

    permutations: orders a sample, of at most M - 1 forward passes each, M the number of players; coalitions that
    orders share are asked once; players, region, segments: what a player is (`regions` or `superpixels`, side of a
    region, about how many superpixels); baseline: an infill's name, or None for the domain's baseline.

    Source: strumbelj2010; reversed orders: mitchell2022.

    >>> linear = torch.nn.Linear(2, 1, bias=False, dtype=torch.float64)
    >>> _ = linear.weight.data.copy_(torch.tensor([[2.0, -3.0]]))
    >>> inputs = torch.tensor([[1.0, 2.0]], dtype=torch.float64)
    >>> ShapleySampling(permutations=1).attribute(linear, inputs).round(decimals=12).tolist()
    [[2.0, -6.0]]
    """

    name: ClassVar[str] = "shapley_sampling"
    reference: ClassVar[str] = "strumbelj2010"
    stochastic: ClassVar[bool] = True
    complete: ClassVar[str | None] = "f(x) - f(baseline)"

    permutations: int = 10

    def __post_init__(self) -> None:
        super().__post_init__()
        whole(self, 1, "permutations")

    def relevance(self, query: Query) -> Tensor:
        game = self.game(query)
        positions = [self._positions(query, i, m) for i, m in zip(query.ids, game.players.counts, strict=True)]
        values = game.values(_prefixes(position).flatten(0, 1) for position in positions)
        solved = []
        for position, value in zip(positions, values, strict=True):
            gains = value.view(len(position), -1).diff(dim=1)
            solved.append(gains.gather(1, position).mean(0))
        return self.shared_out(game, solved)

    def passes(self, query: Query) -> Passes | None:
        return Passes(sum(2 + self.permutations * (m - 1) for m in self.game(query).players.counts))

    def _positions(self, query: Query, sample: str, players: int) -> Tensor:
        """Each player's place in each order, (permutations, players)."""
        pairs = [(sample, k) for k in range(-(-self.permutations // 2))]
        drawn = query.streams.permutations("shapley_sampling", pairs, players)
        return torch.stack([drawn, players - 1 - drawn], 1).flatten(0, 1)[: self.permutations]


def _prefixes(position: Tensor) -> Tensor:
    """The coalitions that an order goes through, from nobody to all: (orders, players) -> (orders, M + 1, players)."""
    arrived = torch.arange(position.shape[1] + 1)
    return position[:, None, :] < arrived[:, None]
