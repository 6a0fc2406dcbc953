"""The sweep over superpixels, of which every image has its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from whybench.domains import Players
from whybench.explanations import Attribution
from whybench.passes import Passes
from whybench.protocols import Artifact, Case
from whybench.protocols.blocks import by_block
from whybench.streams import Streams
from whybench.sweeps.answers import asked_once
from whybench.sweeps.ranks import tie_orders, tied
from whybench.sweeps.repeats import differing, first_seen


@dataclass(frozen=True)
class Superpixels(Artifact):
    """About `segments` superpixels of each image, `index` (n, height, width): the same for all methods."""

    name: ClassVar[str] = "superpixels"
    shared: ClassVar[bool] = True

    segments: int

    def compute(self, case: Case[Any]) -> dict[str, Tensor]:
        return {"index": case.domain.players(case.inputs, "superpixels", segments=self.segments).index}

    def passes(self, case: Case[Any], tensors: Mapping[str, Tensor]) -> Passes | None:
        return Passes()


@dataclass(frozen=True)
class SuperpixelSweep(Artifact):
    """The model's answers while superpixels are removed one by one, the highest mean relevance first.

    Gives, for n samples, two orders of the ties and one point more than the most superpixels that a sample has: those
    that a sample has not repeat its last point.
        count: (n,) int64, its superpixels; removed: (n, points) float64, their share removed; ties: (n,) int64;
        and what `sweeps.answers.answers` gives, (n, 2, points) each.
    """

    name: ClassVar[str] = "superpixel_sweep"

    infill: str
    segments: int

    def compute(self, case: Case[Attribution]) -> dict[str, Tensor]:
        most = int(case.artifact(Superpixels(self.segments))["index"].max()) + 1
        return by_block(lambda block: self._swept(block, most), case)

    def passes(self, case: Case[Any], tensors: Mapping[str, Tensor]) -> Passes | None:
        return Passes(int(((1 + (tensors["ties"] > 0).long()) * (1 + tensors["count"])).sum()))

    def _swept(self, case: Case[Attribution], most: int) -> dict[str, Tensor]:
        """The sweep of a few samples; most: the superpixels of the sample of all that has the most."""
        players = Players(case.artifact(Superpixels(self.segments))["index"].to(case.inputs.device))
        explanation, shape = case.explanation, tuple(case.inputs.shape)
        features = case.domain.per_feature(explanation.relevance, explanation.polarity, shape).to(case.inputs.device)
        places, ties = _places(_means(players, features), players.counts, case.ids, case.streams)
        count = torch.tensor(players.counts, device=case.inputs.device)
        step = torch.arange(most + 1, device=case.inputs.device)
        point = torch.minimum(step, count[:, None])
        points = point.unsqueeze(1).expand(-1, 2, -1)
        infill = case.domain.infill(self.infill, case.inputs, case.ids, case.streams)
        changes = _sums(players, differing(case, infill)) > 0
        source = first_seen(places.clamp(max=places.shape[2] - 1), points, changes)

        def kept(sample: Tensor, order: Tensor, k: Tensor) -> Tensor:
            return players.mask(places[sample, order] >= points[sample, order, k].unsqueeze(1), sample)

        said = asked_once(case, infill, source, kept)
        return {"count": count, "removed": point.double() / count[:, None], "ties": ties, **said}


def _means(players: Players, features: Tensor) -> Tensor:
    """Mean relevance of each superpixel, (n, most); 0 for a constant map, which orders nothing."""
    flat = features.flatten(1)
    constant = (flat == flat[:, :1]).all(1, keepdim=True)
    return (_sums(players, features) / players.sizes.clamp_min(1)).masked_fill(constant, 0.0)


def _sums(players: Players, features: Tensor) -> Tensor:
    """The sum over each superpixel, (n, most)."""
    flat = features.flatten(1)
    return flat.new_zeros(players.sizes.shape).scatter_add_(1, players.index.flatten(1), flat)


def _places(means: Tensor, counts: tuple[int, ...], ids: tuple[str, ...], streams: Streams) -> tuple[Tensor, Tensor]:
    """Each superpixel's place in both orders of the ties, (n, 2, most), and the number of ties, (n,)."""
    places = torch.full((len(means), 2, means.shape[1]), means.shape[1], device=means.device)
    ties = torch.zeros(len(means), dtype=torch.int64, device=means.device)
    for i, count in enumerate(counts):
        own = means[i : i + 1, :count]
        places[i, :, :count] = tie_orders(own, ids[i : i + 1], streams)[0]
        ties[i] = tied(own)[0]
    return places, ties
