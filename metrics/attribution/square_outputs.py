"""The model's answers while a square of the input is removed."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
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
        along = zip(self._within, self._corners, strict=True)
        inside, *others = (within[corner[sample, draw]] for within, corner in along)
        for other in others:
            inside = inside.unsqueeze(-1) & other.view(len(other), *[1] * (inside.ndim - 1), -1)
        return inside

    @cached_property
    def _corners(self) -> tuple[Tensor, ...]:
        """Where the first corner lies along each axis, (n, draws) each."""
        return torch.unravel_index(self.places, tuple(self.free))

    @cached_property
    def _within(self) -> list[Tensor]:
        """Along each axis, the features inside a square by the place of its corner: (free, grid) bool."""
        lines = []
        for size, side, free in zip(self.grid, self.sides, self.free, strict=True):
            past = (
                torch.arange(size, device=self.places.device) - torch.arange(free, device=self.places.device)[:, None]
            )
            lines.append((past >= 0) & (past < side))
        return lines

    def sums(self, values: Tensor) -> Tensor:
        """The values inside each square, added up: (n, *grid) -> (n, draws)."""
        for axis, side in enumerate(self.sides):
            values = values.unfold(axis + 1, side, 1).sum(-1)
        return values.flatten(1).gather(1, self.places)

    def rows(self, sample: Tensor, draw: Tensor) -> Tensor:
        return self.infill.apply(~self.removed(sample, draw), sample)
