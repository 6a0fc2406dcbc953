"""The model's answers while a square of the input is removed."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar

import torch
from torch import Tensor

from whybench.domains import Infill
from whybench.metrics.attribution.perturbed_outputs import PerturbedOutputs
from whybench.protocols import Case


@dataclass(frozen=True)
class SquareOutputs(PerturbedOutputs):
    """The answers to each sample without the features of a square (in a table: of neighbouring columns).

    side: of the square, in features, no longer than the input's own sides; squares: how many are drawn of all that lie
    within the input, none twice; all of them, in raster order, where there are no more.
    """

    name: ClassVar[str] = "square_outputs"

    infill: str
    side: int
    squares: int

    def perturbation(self, case: Case[Any]) -> "Squares":
        grid = case.domain.grid(case.inputs.shape)
        sides = tuple(min(self.side, size) for size in grid)
        free = tuple(size - side + 1 for size, side in zip(grid, sides, strict=True))
        infill = case.domain.infill(self.infill, case.inputs, case.ids, case.streams)
        return Squares(grid, sides, free, infill, self._places(case, prod(free)).to(case.inputs.device))

    def _places(self, case: Case[Any], count: int) -> Tensor:
        if count <= self.squares:
            return torch.arange(count).expand(len(case), -1)
        role = f"squares/{self.side}"
        return case.streams.permutations(role, [(i, 0) for i in case.ids], count)[:, : self.squares]


@dataclass(frozen=True, eq=False)
class Squares:
    """Squares to be removed.

    grid: the input's sides; sides: the square's; free: how many places it has along each; places: (n, draws) int64,
    the place of its first corner, counted in raster order.
    """

    grid: Sequence[int]
    sides: Sequence[int]
    free: Sequence[int]
    infill: Infill
    places: Tensor

    @property
    def draws(self) -> int:
        return self.places.shape[1]

    @property
    def drawn(self) -> dict[str, Tensor]:
        return {}

    def removed(self, sample: Tensor, draw: Tensor) -> Tensor:
        """The features inside: (rows, *grid) bool."""
        place = self.places[sample, draw]
        inside = torch.ones(len(place), *self.grid, dtype=torch.bool, device=place.device)
        for axis in reversed(range(len(self.grid))):
            corner = (place % self.free[axis])[:, None]
            place = place // self.free[axis]
            along = torch.arange(self.grid[axis], device=place.device)
            within = (along >= corner) & (along < corner + self.sides[axis])
            inside &= within.view(len(place), *[-1 if other == axis else 1 for other in range(len(self.grid))])
        return inside

    def sums(self, values: Tensor) -> Tensor:
        """The values inside each square, added up: (n, *grid) -> (n, draws)."""
        for axis, side in enumerate(self.sides):
            values = values.unfold(axis + 1, side, 1).sum(-1)
        return values.flatten(1).gather(1, self.places)

    def rows(self, sample: Tensor, draw: Tensor) -> Tensor:
        return self.infill.apply(~self.removed(sample, draw), sample)
