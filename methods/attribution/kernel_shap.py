"""KernelSHAP."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from whybench.errors import BadParameter
from whybench.methods.attribution.checks import whole
from whybench.methods.attribution.coalitions import CoalitionMethod, nobody_and_all
from whybench.methods.attribution.least_squares import alike, least_squares
from whybench.passes import Passes
from whybench.protocols import Query
from whybench.registries import register


@register
@dataclass(frozen=True)
class KernelShap(CoalitionMethod):
    """Shapley values of the pieces of an input, as the solution of a weighted regression over coalitions.

    phi = argmin sum over S of k(S) (v(S) - v(none) - sum over p in S of phi_p)^2 subject to sum_p phi_p = v(all) -
    v(none), with v(S) = f_c(x with the players outside S filled in), k(S) = (M - 1) / (C(M, s) s (M - s)), s = |S| of
    M players. All 2^M - 2 coalitions where they fit into `samples`: then phi is exactly the Shapley value. Otherwise
    pairs of a coalition drawn with probability ~ k and its complement, each draw with weight 1; what the pairs do not
    determine is shared equally. The constraint is eliminated, not weighted, so that it holds for any sample. Each
    player's value is shared equally by its features and channels: shaped like the inputs, in units of the output.

    samples: coalitions a sample, besides the full and the empty one, which are always asked; 1024 enumerates up to
    ten players; players, region, segments: what a player is (`regions` or `superpixels`, side of a region, about how
    many superpixels); baseline: an infill's name, or None for the domain's baseline.

    Raises BadParameter where there are fewer pairs of coalitions than players less one.

    Source: lundberg2017; pairs and elimination: covert2021.

    >>> linear = torch.nn.Linear(2, 1, bias=False, dtype=torch.float64)
    >>> _ = linear.weight.data.copy_(torch.tensor([[2.0, -3.0]]))
    >>> inputs = torch.tensor([[1.0, 2.0]], dtype=torch.float64)
    >>> KernelShap().attribute(linear, inputs).round(decimals=12).tolist()
    [[2.0, -6.0]]
    """

    name: ClassVar[str] = "kernel_shap"
    reference: ClassVar[str] = "lundberg2017"
    stochastic: ClassVar[bool] = True
    complete: ClassVar[str | None] = "f(x) - f(baseline)"

    samples: int = 1024

    def __post_init__(self) -> None:
        super().__post_init__()
        whole(self, 2, "samples")

    @property
    def closed_form(self) -> str | None:
        every = 2**8 - 2  # coalitions of the eight columns there
        return "kernel_shap" if self.samples >= every and self == KernelShap(samples=self.samples) else None

    def relevance(self, query: Query) -> Tensor:
        game = self.game(query)
        asked = [self._coalitions(query, i, m) for i, m in zip(query.ids, game.players.counts, strict=True)]
        values = game.values(torch.cat([nobody_and_all(s.shape[1]), s]) for s, _ in asked)
        return self.shared_out(game, _solved(asked, values))

    def passes(self, query: Query) -> Passes | None:
        return Passes(sum(2 + min(2**m - 2, self.samples // 2 * 2) for m in self.game(query).players.counts))

    def _coalitions(self, query: Query, sample: str, players: int) -> tuple[Tensor, Tensor]:
        """Coalitions (draws, players) and the weight of each: all of them, or drawn in pairs."""
        if players < 2:
            return torch.empty(0, players, dtype=torch.bool), torch.empty(0, dtype=torch.float64)
        if 2**players - 2 <= self.samples:
            some = torch.arange(1, 2**players - 1)[:, None] >> torch.arange(players) & 1 == 1
            return some, (_size_weights(players) / _binomials(players))[some.sum(1) - 1]
        pairs = self.samples // 2
        if pairs < players - 1:
            raise BadParameter(
                f"kernel_shap: samples={self.samples} are too few for {players} players; at least {2 * players - 2} "
                "are needed, or fewer players (region, segments)"
            )
        share = _size_weights(players).cumsum(0)
        draw = query.streams.uniform("kernel_shap/size", sample, 0, (pairs,))
        size = 1 + torch.searchsorted(share / share[-1], draw, right=True).clamp(max=players - 2)
        drawn = query.streams.uniform("kernel_shap/members", sample, 0, (pairs, players))
        half = drawn <= torch.from_numpy(np.sort(drawn.numpy(), 1)).gather(1, size[:, None] - 1)  # the `size` smallest
        return torch.cat([half, ~half]), torch.ones(2 * pairs, dtype=torch.float64)


def _size_weights(players: int) -> Tensor:
    """The weight of all coalitions of each size 1..M-1 together, (M - 1) / (s (M - s))."""
    size = torch.arange(1, players, dtype=torch.float64)
    return (players - 1) / (size * (players - size))


def _binomials(players: int) -> Tensor:
    """C(M, s) for s in 1..M-1."""
    return torch.tensor([comb(players, size) for size in range(1, players)], dtype=torch.float64)


def _solved(asked: Sequence[tuple[Tensor, Tensor]], values: Sequence[Tensor]) -> list[Tensor]:
    """Shapley values from each sample's coalitions, weights and values, those of the empty and full one first.

    phi = gain / M + u with sum u = 0: the regression is on z - |z| / M, which is blind to the constant direction.
    """
    solved: list[Tensor] = [torch.empty(0)] * len(asked)
    for same in alike([some for some, _ in asked]):
        value = torch.stack([values[i] for i in same])
        gain = value[:, 1] - value[:, 0]
        z = torch.stack([asked[i][0] for i in same]).double()
        part = z.mean(2)
        rest = value[:, 2:] - value[:, :1] - part * gain[:, None]
        free = least_squares(z - part[..., None], rest, torch.stack([asked[i][1] for i in same]))
        free -= free.mean(1, keepdim=True)
        for i, phi in zip(same, gain[:, None] / z.shape[2] + free, strict=True):
            solved[i] = phi
    return solved
