"""Features as the players of a game: the pieces that attribution methods put in and take out as one."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import torch
from torch import Tensor

PlayerKind = Literal["regions", "superpixels"]


@dataclass(frozen=True, eq=False)
class Players:
    """For every sample of a batch a partition of its features; samples may have different numbers of players.

    index: (n, *grid) int64, the player of each feature, counted from 0 in each sample; counts: each sample's number
    of players.

    >>> players = Players(torch.tensor([[0, 0, 1]]))
    >>> players.counts, players.spread(torch.tensor([[4.0, 5.0]])).tolist()
    ((2,), [[4.0, 4.0, 5.0]])
    """

    index: Tensor

    @cached_property
    def counts(self) -> tuple[int, ...]:
        return tuple(int(most) + 1 for most in self.index.flatten(1).amax(1))

    @cached_property
    def sizes(self) -> Tensor:
        """How many features each player has, (n, most players) int64; 0 where a sample has fewer players."""
        flat = self.index.flatten(1)
        return flat.new_zeros(len(flat), max(self.counts)).scatter_add_(1, flat, torch.ones_like(flat))

    def mask(self, kept: Tensor, sample: Tensor) -> Tensor:
        """Which features are kept where `kept` says which players are: (rows, most players) -> (rows, *grid)."""
        index = self.index[sample]
        return kept.gather(1, index.flatten(1)).view(index.shape)

    def spread(self, values: Tensor) -> Tensor:
        """Each feature with its player's value: (n, most players) -> (n, *grid)."""
        return values.gather(1, self.index.flatten(1)).view(self.index.shape)


def shared(index: Tensor, inputs: Tensor) -> Players:
    """The same grid-shaped partition for every sample of `inputs`."""
    return Players(index.to(inputs.device).expand(len(inputs), *index.shape))


def own(index: Sequence[Tensor], inputs: Tensor) -> Players:
    """A partition of its own for every sample of `inputs`."""
    return Players(torch.stack(list(index)).to(inputs.device))
