"""LIME."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, sqrt
from typing import ClassVar

import torch
from torch import Tensor

from whybench.errors import BadParameter
from whybench.methods.attribution.checks import at_least, whole
from whybench.methods.attribution.coalitions import CoalitionMethod, nobody_and_all
from whybench.methods.attribution.least_squares import alike, least_squares
from whybench.passes import Passes
from whybench.protocols import Query
from whybench.registries import register


@register
@dataclass(frozen=True)
class Lime(CoalitionMethod):
    """The coefficients of a linear model, fitted around an input, from which pieces are kept to the explained output.

    w = argmin sum over draws z of k(z) (f_c(x_z) - w_0 - w . z)^2 + ridge |w|^2, z in {0, 1}^M with fair coins, the
    first draw all ones, x_z = x with the players where z = 0 filled in. k(z) = exp(-d^2 / (2 width^2)) with the cosine
    distance d = 1 - sqrt(|z| / M) and width 0.25 for images, the Euclidean distance d = sqrt(M - |z|) and width
    0.75 sqrt(M) for tables. Each player's coefficient is shared equally by its features and channels: shaped like
    the inputs, in units of the output.

    samples: draws a sample, of which equal ones are asked once; kernel_width: None for the defaults above; ridge:
    penalty on the coefficients, 0 for the shortest solution of least squares. The authors' code has 1, which shrinks
    them; their Lasso, for selecting features, has no part here. players, region, segments: what a player is
    (`regions` or `superpixels`, side of a region, about how many superpixels); baseline: an infill's name, or None
    for the domain's baseline.

    Raises BadParameter where there are no more draws than players.

    Source: ribeiro2016.

    >>> linear = torch.nn.Linear(2, 1, bias=False, dtype=torch.float64)
    >>> _ = linear.weight.data.copy_(torch.tensor([[2.0, -3.0]]))
    >>> inputs = torch.tensor([[1.0, 2.0]], dtype=torch.float64)
    >>> Lime(samples=50).attribute(linear, inputs).round(decimals=12).tolist()
    [[2.0, -6.0]]
    """

    name: ClassVar[str] = "lime"
    reference: ClassVar[str] = "ribeiro2016"
    stochastic: ClassVar[bool] = True

    samples: int = 1000
    kernel_width: float | None = None
    ridge: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        whole(self, 2, "samples")
        if self.kernel_width is not None and not (isfinite(self.kernel_width) and self.kernel_width > 0):
            raise BadParameter(f"lime: kernel_width={self.kernel_width!r}; a finite number > 0 is needed, or None")
        at_least(self, 0, "ridge")

    def relevance(self, query: Query) -> Tensor:
        game = self.game(query)
        asked = [self._draws(query, i, m) for i, m in zip(query.ids, game.players.counts, strict=True)]
        values = game.values(asked)
        return self.shared_out(game, self._fitted(asked, values, query.domain.name))

    def passes(self, query: Query) -> Passes | None:
        return Passes(self.samples) * len(query)

    def _draws(self, query: Query, sample: str, players: int) -> Tensor:
        if self.samples <= players:
            raise BadParameter(
                f"lime: samples={self.samples} are too few for {players} players; at least {players + 1} are needed, "
                "or fewer players (region, segments)"
            )
        coins = query.streams.uniform("lime", sample, 0, (self.samples - 1, players)) < 0.5
        return torch.cat([nobody_and_all(players)[1:], coins])

    def _fitted(self, asked: Sequence[Tensor], values: Sequence[Tensor], domain: str) -> list[Tensor]:
        """The coefficients of each sample's players."""
        fitted: list[Tensor] = [torch.empty(0)] * len(asked)
        for same in alike(asked):
            z = torch.stack([asked[i] for i in same]).double()
            value = torch.stack([values[i] for i in same])
            weight = self._kernel(z, domain)
            # The intercept bears no penalty: it is what is left of the means.
            share = (weight / weight.sum(1, keepdim=True)).unsqueeze(1)
            z, value = z - share @ z, value - (share @ value.unsqueeze(2)).squeeze(2)
            for i, coefficients in zip(same, least_squares(z, value, weight, self.ridge), strict=True):
                fitted[i] = coefficients
        return fitted

    def _kernel(self, z: Tensor, domain: str) -> Tensor:
        """The weight of each draw, (n, draws, players) -> (n, draws)."""
        if domain == "image":
            distance, width = 1 - z.mean(2).sqrt(), 0.25
        else:
            distance, width = (1 - z).sum(2).sqrt(), 0.75 * sqrt(z.shape[2])
        return torch.exp(-((distance / (self.kernel_width or width)) ** 2) / 2)
