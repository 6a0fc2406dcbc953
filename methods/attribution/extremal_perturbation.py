"""Extremal perturbations."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

import torch
from torch import Tensor

from whybench.errors import BadParameter
from whybench.methods.attribution.checks import at_least, one_of, positive, whole, whole_or_none
from whybench.methods.attribution.masks.blending import BlurPyramid, Fade, Perturbation
from whybench.methods.attribution.masks.cells import cell_grid, to_features
from whybench.methods.attribution.masks.descent import Loss, minimise, with_graph
from whybench.methods.attribution.masks.scores import Score, scores
from whybench.methods.attribution.masks.smooth_maximum import SmoothMaximum
from whybench.passes import Passes
from whybench.protocols import AttributionMethod, Query
from whybench.registries import register

MOST_CELLS = 32
MOMENTUM = 0.9
TIED = 1e-5
"""Masks that differ by no more count as equal: rounding is not to decide which cells are given up."""
STRONGEST = 20 / 224
"""Standard deviation of the blur that hides a pixel, as a share of the image's shorter side."""

Variant = Literal["preserve", "delete", "dual"]


@register
@dataclass(frozen=True)
class ExtremalPerturbation(AttributionMethod):
    """The smooth mask of a given area with which the explained output is highest; the mean over several areas.

    For every area a, maximises over cells in [0, 1], by gradient ascent with momentum and cut off at the bounds,

        f_c(x under m) - weight * growth^t * mean_k (sort(m)_k - [k > (1 - a) N])^2,

    m the smooth maximum of the cells (`masks.smooth_maximum`), N their number: sorted, the mask is to be a step from
    0 to 1 that leaves the area a. `delete` minimises f_c under 1 - m instead, `dual` maximises the difference of the
    two. Relevance is the mean over areas of m, brought to the pixels by bilinear interpolation: (n, 1, height, width),
    between 0 and 1. iterations forward and backward passes a sample and area, twice as many for `dual`.

    areas: shares of the image; variant; score: what stands for f_c; infill: what stands in for hidden pixels, None
    for pixels blurred the more, the less is kept of them (`masks.blending`); iterations, rate: steps and their size;
    weight, growth: price of the wrong area and its growth a step; smoothness: width of the mask's edges as a share of
    the shorter side, 0 for free cells; mirrored: every other step sees the images left side right; cells: along the
    image's shorter side, None for 32 or a cell a pixel.

    Of the authors' code at 224 pixels are variant, score, iterations, rate, weight, growth, momentum and dampening of
    0.9, start at 1, 32 cells (of 7 pixels), smoothness (21 pixels) and the blur of up to 20 pixels in 8 levels. Of
    ours are the areas (the code has one of 0.1); that nothing is mirrored unless asked for (the code does; digits do
    not bear it); that masks end at the image's border instead of beyond it; that areas and edges are those of cells
    before interpolation; that cells with equal m share their places in the order evenly; and that the rate shrinks
    with the number of cells N as N / 1024, since each of fewer cells has a larger part of every gradient.

    Raises BadParameter for values not allowed, Unsupported for models without gradients or of other inputs than
    images.

    Source: fong2019.

    >>> net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(4, 1, bias=False)).double()
    >>> _ = net[1].weight.data.copy_(torch.tensor([[1.0, 2.0, 9.0, 1.0]]))
    >>> method = ExtremalPerturbation(areas=(0.25,), infill="zero", smoothness=0.0)
    >>> method.attribute(net, torch.ones(1, 1, 2, 2, dtype=torch.float64)).round(decimals=1).tolist()
    [[[[0.0, 0.0], [1.0, 0.0]]]]
    """

    name: ClassVar[str] = "extremal_perturbation"
    reference: ClassVar[str] = "fong2019"
    needs: ClassVar[frozenset[str]] = frozenset({"gradients", "image"})
    signed: ClassVar[bool] = False
    grid: ClassVar[Literal["input", "spatial"]] = "spatial"

    areas: Sequence[float] = (0.05, 0.1, 0.2, 0.4)
    variant: Variant = "preserve"
    score: Score = "logit"
    infill: str | None = None
    iterations: int = 800
    rate: float = 0.01
    weight: float = 300.0
    growth: float = 1.0035
    smoothness: float = 21 / 224
    mirrored: bool = False
    cells: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "areas", tuple(self.areas))  # a frozen value is hashable
        if not self.areas or not all(0 < area < 1 for area in self.areas):
            raise BadParameter(f"{self.name}: areas={self.areas!r}; one or more numbers between 0 and 1 are needed")
        one_of(self, "variant", get_args(Variant))
        one_of(self, "score", get_args(Score))
        whole(self, 1, "iterations")
        whole_or_none(self, 1, "cells")
        positive(self, "rate", "growth")
        at_least(self, 0, "weight", "smoothness")

    def relevance(self, query: Query) -> Tensor:
        query = with_graph(query)
        cells = cell_grid(query, self.cells, MOST_CELLS)
        side = min(query.inputs.shape[2:])
        smooth = SmoothMaximum(self.smoothness * min(cells))
        perturbed: Perturbation = BlurPyramid(query, STRONGEST * side)
        if self.infill is not None:
            perturbed = Fade(query, query.infill(self.infill))
        rate = self.rate * cells[0] * cells[1] / MOST_CELLS**2
        found = minimise(
            query,
            query.inputs.new_ones(len(query), len(self.areas), *cells),
            lambda t: self.loss(query, perturbed, smooth, flipped=self.mirrored and t % 2 == 0),
            lambda values, t: self.penalty(values, smooth, t),
            lambda parameters: torch.optim.SGD(parameters, rate, MOMENTUM, dampening=MOMENTUM),
            iterations=self.iterations,
            draws=self._rows,
            bounds=(0.0, 1.0),
        )
        masks = smooth(found.flatten(0, 1)).view_as(found).mean(1)
        return to_features(masks, query.domain.grid(query.inputs.shape)).unsqueeze(1)

    def passes(self, query: Query) -> Passes | None:
        return Passes(self.iterations * self._rows, self.iterations * self._rows) * len(query)

    @property
    def _rows(self) -> int:
        """Rows a sample and step."""
        return len(self.areas) * (2 if self.variant == "dual" else 1)

    def loss(self, query: Query, perturbed: Perturbation, smooth: SmoothMaximum, flipped: bool) -> Loss:
        """The score under one area's mask, to be large, or under what it leaves, to be small.

        Times the number of rows, since `minimise` takes their mean and the areas are summed.
        """
        grid = query.domain.grid(query.inputs.shape)

        def of(values: Tensor, sample: Tensor, draw: Tensor) -> Tensor:
            masks = to_features(smooth(values[sample, draw % len(self.areas)]), grid)
            rest = (draw >= len(self.areas)) | (self.variant == "delete")
            rows = perturbed(torch.where(rest[:, None, None], 1 - masks, masks), sample)
            score = scores(query, rows.flip(3) if flipped else rows, sample, self.score)
            return self._rows * torch.where(rest, score, -score)

        return of

    def penalty(self, values: Tensor, smooth: SmoothMaximum, iteration: int) -> Tensor:
        """What masks of wrong areas cost each sample, (n,).

        Each cell is compared with the step at its own rank; tied cells with the mean over their ranks, for else the
        order in which a sort leaves equal cells would decide which of them are given up.
        """
        masks = smooth(values.flatten(0, 1)).flatten(1)
        found = masks.detach()
        ordered = found.sort(1).values
        below = torch.searchsorted(ordered, found - TIED)
        upto = torch.searchsorted(ordered, found + TIED, right=True)
        count = masks.shape[1]
        hidden = torch.tensor([int(count * (1 - area)) for area in self.areas], device=masks.device)
        kept = (upto - below.maximum(hidden.repeat(len(values))[:, None])).clamp(min=0).to(masks) / (upto - below)
        wrong = (masks - kept).square().mean(1).view(values.shape[:2])
        return self.weight * self.growth**iteration * wrong.sum(1)
