"""Meaningful perturbation."""

from dataclasses import dataclass
from math import gcd
from typing import ClassVar, Literal, get_args

import torch
from torch import Tensor

from whybench.methods.attribution.checks import at_least, one_of, positive, whole, whole_or_none
from whybench.methods.attribution.masks.blending import Fade, Perturbation
from whybench.methods.attribution.masks.cells import cell_grid, to_features, variation
from whybench.methods.attribution.masks.descent import Loss, minimise, with_graph
from whybench.methods.attribution.masks.discs import disc
from whybench.methods.attribution.masks.scores import Score, scores
from whybench.passes import Passes
from whybench.protocols import AttributionMethod, Query
from whybench.registries import register

MOST_CELLS = 28


@register
@dataclass(frozen=True)
class MeaningfulPerturbation(AttributionMethod):
    """How far each feature is hidden by the mask that loses the target with as little hidden as it can.

    Minimises over masks m in [0, 1], by Adam and cut off at the bounds after every step,

        weight * mean(1 - m) + variation * TV(m) + mean over shifts of p_c(shifted m x + (1 - m) xhat),

    and gives 1 - m; (n, 1, height, width), or (n, columns) for tables. TV is the mean of |step|^power between cells
    below each other, plus that between cells beside each other, for images only; their mask has square cells and is
    brought to the pixels by bilinear interpolation. `p_c` is the softmax probability, for scalar models the output.
    iterations forward and backward passes a sample, and for a disc one forward pass a cell of the longer
    side and one more.

    infill: what stands in for hidden features, None for `blur` for images and `mean` for tables; one that depends on
    what is kept sees the features with m > 1/2. score: what is to fall. weight: what hiding everything costs.
    variation, power: price and exponent of the total variation. iterations, rate: steps of Adam, and their size.
    jitter: inputs are shifted under the mask by up to so many pixels either way, every shift in turn, the outermost
    pixels repeated; None for a quarter of the domain's region (4 at 224, 0 at 8). start: `disc`, the smallest centred
    disc that takes away 99 % of what hiding everything does, or `keep`, nothing hidden; tables start there always.
    cells: along the image's shorter side, None for 28 or a cell a pixel.

    Of the paper are score, power 3, iterations 300, rate 0.1, jitter 4, 28 cells, the start and the prices: 1e-4 and
    1e-2 for sums over 28 x 28 cells, which as means are weight 0.0784 and variation 7.84. Of ours are the infill's
    blur (standard deviation 19 for the paper's 10 at 224), the fixed order of the shifts in place of random ones,
    interpolation in place of the paper's Gaussian, and the default prices.

    Raises BadParameter for values not allowed, Unsupported for models without gradients.

    Source: fong2017.

    >>> linear = torch.nn.Linear(2, 1, bias=False, dtype=torch.float64)
    >>> _ = linear.weight.data.copy_(torch.tensor([[9.0, 1.0]]))
    >>> method = MeaningfulPerturbation(weight=10.0)  # 5 a column
    >>> method.attribute(linear, torch.ones(1, 2, dtype=torch.float64)).tolist()
    [[1.0, 0.0]]
    """

    name: ClassVar[str] = "meaningful_perturbation"
    reference: ClassVar[str] = "fong2017"
    needs: ClassVar[frozenset[str]] = frozenset({"gradients"})
    signed: ClassVar[bool] = False
    grid: ClassVar[Literal["input", "spatial"]] = "spatial"

    infill: str | None = None
    score: Score = "probability"
    weight: float = 0.0784
    variation: float = 0.05
    power: float = 3.0
    iterations: int = 300
    rate: float = 0.1
    jitter: int | None = None
    start: Literal["disc", "keep"] = "disc"
    cells: int | None = None

    def __post_init__(self) -> None:
        one_of(self, "start", ("disc", "keep"))
        one_of(self, "score", get_args(Score))
        whole(self, 1, "iterations")
        whole_or_none(self, 0, "jitter")
        whole_or_none(self, 1, "cells")
        positive(self, "rate")
        at_least(self, 0, "weight", "variation")
        at_least(self, 1, "power")

    def relevance(self, query: Query) -> Tensor:
        query = with_graph(query)
        grid = query.domain.grid(query.inputs.shape)
        cells, image = cell_grid(query, self.cells, MOST_CELLS), len(grid) == 2
        infill = query.infill(self.infill or ("blur" if image else "mean"))
        start = query.inputs.new_ones(len(query), *cells)
        if image and self.start == "disc":
            start = disc(query, cells, Fade(query, infill), self.score)
        order = shifts(self._jitter(query)) if image else [(0, 0)]
        masks = minimise(
            query,
            start,
            lambda t: self.loss(query, Fade(query, infill, order[t % len(order)])),
            self.penalty,
            lambda parameters: torch.optim.Adam(parameters, self.rate),
            iterations=self.iterations,
            bounds=(0.0, 1.0),
        )
        return query.domain.over_channels(to_features(1 - masks, grid))

    def passes(self, query: Query) -> Passes | None:
        grid = query.domain.grid(query.inputs.shape)
        radii = 1 + max(cell_grid(query, self.cells, MOST_CELLS)) if len(grid) == 2 and self.start == "disc" else 0
        return Passes(radii + self.iterations, self.iterations) * len(query)

    def loss(self, query: Query, perturbed: Perturbation) -> Loss:
        """The score of each sample under its mask."""
        grid = query.domain.grid(query.inputs.shape)

        def of(masks: Tensor, sample: Tensor, draw: Tensor) -> Tensor:
            return scores(query, perturbed(to_features(masks[sample], grid), sample), sample, self.score)

        return of

    def penalty(self, masks: Tensor, iteration: int) -> Tensor:
        """What the masks cost each sample, (n,)."""
        hidden = self.weight * (1 - masks).flatten(1).mean(1)
        return hidden + self.variation * variation(masks, self.power) if masks.ndim == 3 else hidden

    def _jitter(self, query: Query) -> int:
        return query.domain.region_size(query.inputs.shape) // 4 if self.jitter is None else self.jitter


def shifts(most: int) -> list[tuple[int, int]]:
    """All shifts of up to `most` pixels, each once, neighbours in the list far from each other.

    >>> shifts(0), len(set(shifts(4))), shifts(1)[:3]
    ([(0, 0)], 81, [(0, 0), (-1, 1), (-1, -1)])
    """
    side = 2 * most + 1
    stride = next(k for k in range(round(0.618 * side**2), 2 * side**2 + 2) if gcd(k, side) == 1)
    centre = side**2 // 2
    places = [divmod((centre + stride * k) % side**2, side) for k in range(side**2)]
    return [(down - most, right - most) for down, right in places]
