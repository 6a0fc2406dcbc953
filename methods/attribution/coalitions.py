"""Games between pieces of an input, and the forward passes that their coalitions cost."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from whybench.domains import Infill, PlayerKind, Players
from whybench.errors import BadParameter
from whybench.protocols import AttributionMethod, Query


@dataclass(frozen=True, eq=False)
class Game:
    """One game a sample: v(S) = f_c(x with only the players S kept, the others filled in)."""

    query: Query
    players: Players
    infill: Infill

    def values(self, coalitions: Iterable[Tensor]) -> list[Tensor]:
        """v(S) of every coalition of every sample, (draws,) float64 on the CPU for each sample.

        coalitions: for each sample (draws, players) bool on the CPU. Each different one goes through the model once,
        in packs that run over from one sample into the next, so that all passes but the last are full.
        """
        places: list[Tensor] = []
        parts = [self._outputs(kept, sample) for kept, sample in self._packs(coalitions, places)]
        found = torch.cat(parts).double().cpu()
        first = np.cumsum([0, *(int(place.max()) + 1 for place in places)])
        return [found[start + place] for start, place in zip(first[:-1], places, strict=True)]

    def _packs(self, coalitions: Iterable[Tensor], places: list[Tensor]) -> Iterator[tuple[Tensor, Tensor]]:
        """Different coalitions and whose they are, `query.rows` at a time; notes where each draw is found again."""
        most, rows = max(self.players.counts), self.query.rows
        waiting, whose = torch.empty(0, most, dtype=torch.bool), torch.empty(0, dtype=torch.int64)
        for sample, asked in enumerate(coalitions):
            distinct, place = different(asked)
            places.append(place)
            waiting = torch.cat([waiting, F.pad(distinct, (0, most - distinct.shape[1]))])
            whose = torch.cat([whose, torch.full((len(distinct),), sample)])
            full = len(waiting) // rows * rows
            yield from (
                zip(torch.split(waiting[:full], rows), torch.split(whose[:full], rows), strict=True) if full else ()
            )
            waiting, whose = waiting[full:], whose[full:]
        if len(waiting):
            yield waiting, whose

    def _outputs(self, kept: Tensor, sample: Tensor) -> Tensor:
        kept, sample = kept.to(self.query.inputs.device), sample.to(self.query.inputs.device)
        filled = self.infill.apply(self.players.mask(kept, sample), sample)
        return self.query.outputs(filled, sample, disposable=True)


@dataclass(frozen=True)
class CoalitionMethod(AttributionMethod):
    """A method that plays games between pieces of an input.

    players: `regions` (squares of pixels, blocks of columns) or `superpixels`; None for superpixels of images larger
    than 32 pixels, else regions; region: side of a region in features, None for the domain's default; segments:
    about how many superpixels; baseline: an infill's name for the pieces left out, or None for the domain's baseline.
    """

    libraries: ClassVar[tuple[str, ...]] = ("scikit-image",)

    players: PlayerKind | None = None
    region: int | None = None
    segments: int = 50
    baseline: str | None = None

    def __post_init__(self) -> None:
        check_players(self.name, self.players, self.region, self.segments)

    def game(self, query: Query) -> Game:
        """The game of each sample."""
        players = query.domain.players(query.inputs, self.players, self.region, self.segments)
        return Game(query, players, query.infill(self.baseline))

    def shared_out(self, game: Game, values: Sequence[Tensor]) -> Tensor:
        """Relevance shaped like the inputs that sums to each player's value over its features and their channels."""
        inputs = game.query.inputs
        most = max(game.players.counts)
        value = torch.stack([F.pad(v, (0, most - len(v))) for v in values]).to(inputs.device)
        channels = inputs[0].numel() // game.players.index[0].numel()
        share = game.players.spread(value / game.players.sizes.clamp(min=1) / channels)
        return game.query.domain.over_channels(share).expand_as(inputs).to(inputs.dtype, copy=True)


def check_players(name: str, kind: PlayerKind | None, region: int | None, segments: int) -> None:
    """Raise BadParameter, showing it, for a parameter that names no players."""
    if kind not in (None, "regions", "superpixels"):
        raise BadParameter(f"{name}: players={kind!r}; allowed: regions, superpixels, or None")
    if region is not None and (not isinstance(region, int) or region < 1):
        raise BadParameter(f"{name}: region={region!r}; a whole number >= 1 is needed, or None")
    if region is not None and kind == "superpixels":
        raise BadParameter(f"{name}: region={region} is the side of regions; superpixels are counted by segments")
    if not isinstance(segments, int) or segments < 2:
        raise BadParameter(f"{name}: segments={segments!r}; a whole number >= 2 is needed")


def different(coalitions: Tensor) -> tuple[Tensor, Tensor]:
    """The different rows of a bool matrix, and for every row its place among them.

    >>> rows, place = different(torch.tensor([[True, False], [False, True], [True, False]]))
    >>> len(rows), bool((rows[place] == torch.tensor([[True, False], [False, True], [True, False]])).all())
    (2, True)
    """
    packed = np.packbits(coalitions.numpy(), axis=1)
    words = packed.view(np.dtype((np.void, packed.shape[1]))).ravel()
    _, first, place = np.unique(words, return_index=True, return_inverse=True)
    return coalitions[torch.from_numpy(first)], torch.from_numpy(place)


def nobody_and_all(players: int) -> Tensor:
    """The empty and the full coalition, (2, players) bool."""
    return torch.stack([torch.zeros(players, dtype=torch.bool), torch.ones(players, dtype=torch.bool)])
