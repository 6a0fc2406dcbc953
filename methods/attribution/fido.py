"""FIDO: which features to keep or to drop, as independent coins that are learned with an infill in the model's view."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor

from whybench.methods.attribution.checks import at_least, positive, whole, whole_or_none
from whybench.methods.attribution.masks.blending import Fade, Perturbation
from whybench.methods.attribution.masks.cells import cell_grid, to_features, variation
from whybench.methods.attribution.masks.descent import Loss, minimise, with_graph
from whybench.methods.attribution.masks.scores import scores
from whybench.passes import Passes
from whybench.protocols import AttributionMethod, Query

MOST_CELLS = 56


@dataclass(frozen=True)
class Fido(AttributionMethod):
    """Probabilities p = sigmoid(theta) with which features are kept, learned by gradients through relaxed coins.

    A coin z is drawn for every feature from the concrete distribution,

        z = sigmoid((logit p + logit u) / temperature),   u uniform in (0, 1),

    hidden features get the values xhat that the infill has, given the features with z > 1/2, without a gradient through
    it, and theta falls, from 0, along the gradient of

        sign * E_z[s(z x + (1 - z) xhat)] + weight * share(p) + variation * TV(p),   s = log p_c - log(1 - p_c),

    by Adam. `share` is the mean of p, or of 1 - p, and TV the mean squared step between neighbouring cells. The
    log-odds are not bounded: log p_c is flat once the class is nearly certain, and further evidence would seem
    useless. For images theta has a value a cell, and the probabilities are brought to the pixels by bilinear
    interpolation; in a table each column has its own. iterations x draws forward and backward passes a sample.

    infill: any that the domain knows; iterations, draws: steps, and coins of every feature in each of them; rate: of
    Adam; temperature: of the relaxed coins; weight: what a whole input costs, in log-odds; warm_up: iterations over
    which the weight grows to its value; variation: price of the total variation, images only; cells: along the
    image's shorter side, None for 56 or a cell a pixel.

    The authors' code has iterations 300, draws 8, rate 0.05, temperature 0.1, warm-up 30, 56 cells and no variation,
    which are the defaults here. It sums where `share` is a mean: its price of 1e-3 a pixel is a weight of 50 at 224 x
    224, and of 0.064 at 8 x 8.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"gradients", "classes"})
    stochastic: ClassVar[bool] = True
    signed: ClassVar[bool] = False
    grid: ClassVar[Literal["input", "spatial"]] = "spatial"
    sufficient: ClassVar[bool]
    """Whether the target is to be kept with few features, or lost by hiding few."""

    infill: str = "mean"
    iterations: int = 300
    draws: int = 8
    rate: float = 0.05
    temperature: float = 0.1
    weight: float = 50.0
    warm_up: int = 30
    variation: float = 0.0
    cells: int | None = None

    def __post_init__(self) -> None:
        whole(self, 1, "iterations", "draws")
        whole(self, 0, "warm_up")
        whole_or_none(self, 1, "cells")
        positive(self, "rate", "temperature")
        at_least(self, 0, "weight", "variation")

    def relevance(self, query: Query) -> Tensor:
        query = with_graph(query)
        start = query.inputs.new_zeros(len(query), *cell_grid(query, self.cells, MOST_CELLS))
        perturbed = Fade(query, query.infill(self.infill))
        theta = minimise(
            query,
            start,
            lambda t: self.loss(query, perturbed, self._noise(query, t)),
            self.penalty,
            lambda parameters: torch.optim.Adam(parameters, self.rate),
            iterations=self.iterations,
            draws=self.draws,
        )
        probability = (theta if self.sufficient else -theta).sigmoid()
        return query.domain.over_channels(to_features(probability, query.domain.grid(query.inputs.shape)))

    def passes(self, query: Query) -> Passes | None:
        return Passes(self.iterations * self.draws, self.iterations * self.draws) * len(query)

    def loss(self, query: Query, perturbed: Perturbation, noise: Tensor) -> Loss:
        """The score, to be made large or small, under the coins of given noise: uniform, (n, draws, *grid)."""

        def of(theta: Tensor, sample: Tensor, draw: Tensor) -> Tensor:
            coins = self.coins(theta[sample], noise[sample, draw])
            score = scores(query, perturbed(coins, sample), sample, "log_odds")
            return -score if self.sufficient else score

        return of

    def coins(self, theta: Tensor, noise: Tensor) -> Tensor:
        """Relaxed coins, (rows, *grid), from logits (rows, *cells) and uniform noise (rows, *grid)."""
        logits = theta
        if theta.shape != noise.shape:
            logits = to_features(theta.sigmoid(), noise.shape[1:]).logit(torch.finfo(theta.dtype).eps)
        return ((logits + noise.logit()) / self.temperature).sigmoid()

    def penalty(self, theta: Tensor, iteration: int) -> Tensor:
        """What the probabilities cost each sample, (n,)."""
        p = theta.sigmoid()
        counted = p if self.sufficient else 1 - p
        warmth = min(1.0, iteration / self.warm_up) if self.warm_up else 1.0
        cost = self.weight * counted.flatten(1).mean(1)
        return warmth * (cost + self.variation * variation(p, 2.0) if p.ndim == 3 else cost)

    def _noise(self, query: Query, iteration: int) -> Tensor:
        shape = (self.draws, *query.domain.grid(query.inputs.shape))
        return query.streams.uniforms("fido", [(i, iteration) for i in query.ids], shape).to(query.inputs)
