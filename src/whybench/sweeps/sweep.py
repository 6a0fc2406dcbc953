"""The sweep: removing or adding regions in the order of a map, and what the model says at every step."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor

from whybench.domains import Regions
from whybench.explanations import Attribution
from whybench.passes import Passes
from whybench.protocols import Artifact, Case
from whybench.protocols.blocks import by_block, part, slices
from whybench.sweeps.answers import asked_once
from whybench.sweeps.grids import Steps, grid
from whybench.sweeps.ranks import map_places
from whybench.sweeps.repeats import differing, first_seen
from whybench.sweeps.strata import offsets, strata, stratified_points

Direction = Literal["deletion", "insertion"]
TOGETHER = 2**17
"""Features that are ranked at once: to find an order takes many times the memory of the order."""


@dataclass(frozen=True)
class Sweep(Artifact):
    """The model's answers while regions are removed (`deletion`) or put back (`insertion`), most relevant first.

    infill: what stands in for removed features; region: the size of a region, None for the domain's default;
    steps: number of intervals (`step_grid`), so that both ends, the clean and the fully removed input, are points; or
    another rule (`grids.grid`) for how many regions are removed, or put back, at each point; or 'stratified(k)', k
    random points (`strata.stratified_points`), the same for all maps, in general without either end;
    draw: which draw of an infill that is random.

    Gives, for n samples, two orders of the ties and p points,
        fraction: (n, 2, p) float64, the share of features removed (deletion) or kept (insertion);
        logit: (n, 2, p) float64, the explained output;
        ties: (n,) int64, the number of regions that share their relevance with another one;
    and for classifiers
        probability: (n, 2, p) float64, the softmax of the target;
        log_odds: (n, 2, p) float64, the target's logit less the logsumexp of all others;
        predicted: (n, 2, p) int64, the class with the highest logit.

    Where a map has ties it is swept in a random order of them and in its reverse. What the model has seen of a sample
    it is not asked again (`repeats.first_seen`): only points within ties cost a second pass, and regions that look the
    same kept and removed cost none.

    Raises BadInput where the model returns something of the wrong shape, or NaN.
    """

    name: ClassVar[str] = "sweep"

    infill: str
    region: int | None
    steps: Steps
    direction: Direction
    draw: int = 0

    def compute(self, case: Case[Attribution]) -> dict[str, Tensor]:
        return by_block(self._swept, case)

    def passes(self, case: Case[Any], tensors: Mapping[str, Tensor]) -> Passes | None:
        n, _, points = tensors["fraction"].shape
        return Passes((n + int((tensors["ties"] > 0).sum())) * points)

    def _swept(self, case: Case[Attribution]) -> dict[str, Tensor]:
        regions = case.domain.regions(tuple(case.inputs.shape), self.region)
        infill = case.domain.infill(self.infill, case.inputs, case.ids, case.streams.again(self.draw))
        middle = len(regions) // 2  # counted from there, the places in images of up to 255 x 255 pixels fit 16 bits
        kind = torch.int16 if middle < torch.iinfo(torch.int16).max else torch.int32
        places = torch.empty((len(case), 2, len(regions)), dtype=kind, device=case.inputs.device)
        read: dict[str, Tensor] = {}
        for few in slices(len(case), max(1, TOGETHER // regions.index.numel())):
            changes = regions.sums(differing(case, infill, few)) > 0
            order, ordered = self._ordered(part(case, few), regions, changes)
            places[few] = order - middle
            for name, found in ordered.items():
                read.setdefault(name, found.new_empty((len(case), *found.shape[1:])))[few] = found
        points = (read["points"] - middle).to(kind)

        def kept(sample: Tensor, tie: Tensor, point: Tensor) -> Tensor:
            place, turned = places[sample, tie], points[sample, tie, point].unsqueeze(1)
            return regions.mask(place < turned if self.direction == "insertion" else place >= turned)

        said = asked_once(case, infill, read["source"], kept)
        return {"fraction": read["fraction"], "ties": read["ties"], **said}

    def _ordered(self, case: Case[Attribution], regions: Regions, changes: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Where each region comes; and how many come before each point, and which points are the same input."""
        places, ties = map_places(case, regions)
        sizes = _ordered_sizes(regions, places)
        points = self._points(case, sizes)
        return places, {
            "points": points,
            "fraction": _fractions(sizes, points),
            "ties": ties,
            "source": first_seen(places, points, changes),
        }

    def _points(self, case: Case[Attribution], ordered: Tensor) -> Tensor:
        """How many regions come before each point of every sample and tie order: (n, 2, points)."""
        count = strata(self.steps)
        if count is not None:
            return stratified_points(offsets(count, case.ids, case.streams), ordered, self.direction)
        return grid(ordered.shape[2], self.steps).to(ordered.device).expand(*ordered.shape[:2], -1)


def _ordered_sizes(regions: Regions, places: Tensor) -> Tensor:
    """The number of features of each region, in the order in which they come: (n, 2, d) int64."""
    sizes = regions.sizes.to(places.device).expand_as(places)
    return torch.zeros_like(places).scatter_(2, places, sizes)


def _fractions(ordered: Tensor, points: Tensor) -> Tensor:
    """The share of features in the first k regions, for every k of the points: (n, 2, d) -> (n, 2, points)."""
    before = torch.cat([torch.zeros_like(ordered[..., :1]), ordered.cumsum(2)], 2)
    return before.gather(2, points).double() / before[..., -1:]
