"""RISE."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from typing import ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from whybench.errors import BadParameter
from whybench.layout import taken
from whybench.methods.attribution.checks import whole
from whybench.passes import Passes
from whybench.protocols import AttributionMethod, Query
from whybench.registries import register


@register
@dataclass(frozen=True)
class Rise(AttributionMethod):
    """The mean of smooth random masks, each weighted with the explained output of the input seen through it.

    R_i(x) = sum over masks of f_c(b + m (x - b)) m_i / sum over masks of m_i. A mask is a grid of cells that are 1
    with probability p, brought bilinearly to cells + 1 times the size of a cell in pixels (a cell is
    ceil(side / cells) wide) and cut out at a random shift of less than a cell, so that E[m_i] = p at every pixel. One
    value a pixel, in units of the output, which is the logit where the paper has the probability. It says how good a
    pixel is to see together with others, and is not zero where a pixel does not matter: on a linear model E[R_i] is
    affine in w_i (x_i - b_i), blurred by a cell.

    masks: N; the authors take 4000 to 8000; cells: along each side of the image; keep: p; normalisation: `observed`
    by the sum of the masks at a pixel, or `expected` by N p. Both have the same limit. The second is the paper's
    formula; with logits, whose offset is no small part of them, it adds that offset times the chance by which a
    pixel was seen more often than others, so that maps of few masks are mostly noise.
    baseline: an infill's name, or None for the domain's baseline (the paper's is zero after normalisation).

    Source: petsiuk2018.

    >>> class Constant(torch.nn.Module):
    ...     def forward(self, inputs):
    ...         return inputs.new_full((len(inputs), 1), 3.0)
    >>> image = torch.rand(1, 1, 8, 8, dtype=torch.float64)
    >>> Rise(masks=20).attribute(Constant(), image).unique().tolist()
    [3.0]
    """

    name: ClassVar[str] = "rise"
    reference: ClassVar[str] = "petsiuk2018"
    needs: ClassVar[frozenset[str]] = frozenset({"image"})
    stochastic: ClassVar[bool] = True
    signed: ClassVar[bool] = False
    grid: ClassVar[Literal["input", "spatial"]] = "spatial"

    masks: int = 1000
    cells: int = 7
    keep: float = 0.5
    normalisation: Literal["observed", "expected"] = "observed"
    baseline: str | None = None

    def __post_init__(self) -> None:
        whole(self, 1, "masks", "cells")
        if not (isfinite(self.keep) and 0 < self.keep < 1):
            raise BadParameter(f"rise: keep={self.keep!r}; a probability between 0 and 1 is needed")
        if self.normalisation not in ("observed", "expected"):
            raise BadParameter(f"rise: normalisation={self.normalisation!r}; allowed: observed, expected")

    def relevance(self, query: Query) -> Tensor:
        inputs = query.inputs
        baseline = query.baseline(self.baseline)
        distance = inputs - baseline
        weighted = torch.zeros(len(query), *inputs.shape[2:], dtype=torch.float64, device=inputs.device)
        seen = torch.zeros_like(weighted)
        for sample, mask in self._masks(query):
            through = torch.addcmul(taken(baseline, sample), mask.to(inputs)[:, None], taken(distance, sample))
            output = query.outputs(through, sample, disposable=True).double()
            weighted.index_add_(0, sample, output[:, None, None] * mask)
            if self.normalisation == "observed":
                seen.index_add_(0, sample, mask)
        if self.normalisation == "expected":
            seen.fill_(self.masks * self.keep)
        return (weighted / seen.clamp(min=torch.finfo(seen.dtype).tiny))[:, None].to(inputs)

    def passes(self, query: Query) -> Passes | None:
        return Passes(self.masks) * len(query)

    def _masks(self, query: Query) -> Iterator[tuple[Tensor, Tensor]]:
        """Full batches of (sample, mask), in float64: one draw of all grids and one of all shifts for each sample."""
        device, sides = query.inputs.device, query.inputs.shape[2:]
        shape = (self.masks, self.cells, self.cells)
        grids = torch.stack([query.streams.uniform("rise/cells", i, 0, shape) < self.keep for i in query.ids])
        shifts = query.streams.uniforms("rise/shift", [(i, 0) for i in query.ids], (self.masks, 2))
        grids, shifts = grids.to(device), shifts.to(device)
        across = [stretched(self.cells, side).to(device) for side in sides]
        for sample, draw in query.each(self.masks):
            place = [(shifts[sample, draw, k] * len(windows)).long() for k, windows in enumerate(across)]
            rows, columns = (windows[at] for windows, at in zip(across, place, strict=True))
            yield sample, rows @ grids[sample, draw].double() @ columns.mT


def stretched(cells: int, side: int) -> Tensor:
    """The bilinear weights of the cells for each pixel at each shift, (shifts, side, cells) float64; rows sum to 1.

    >>> stretched(2, 4)[0].round(decimals=2).tolist()
    [[1.0, 0.0], [1.0, 0.0], [0.67, 0.33], [0.33, 0.67]]
    """
    cell = -(-side // cells)
    unit = torch.eye(cells, dtype=torch.float64)
    lines = F.interpolate(unit[None], (cells + 1) * cell, mode="linear", align_corners=False)[0].T
    return lines.unfold(0, side, 1)[:cell].transpose(1, 2)
