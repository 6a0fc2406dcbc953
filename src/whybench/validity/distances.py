"""How far what a map gives to each player is from what the player is worth."""

import torch
from scipy.stats import rankdata
from torch import Tensor


def misplaced(given: Tensor, worth: Tensor) -> Tensor:
    """The share of a map's relevance that lies at the wrong player or has the wrong sign.

        e = 1/2 sum_i | a_i / sum_j |a_j|  -  phi_i / sum_j |phi_j| |

    given: a, (n, players) relevance of each player; worth: phi, alike. Returns (n,) float64: 0 where the map is the
    truth times a positive factor, 1 where nothing of it is right. A map of zeros has no shares and gets 1; NaN where
    no player is worth anything.

    >>> misplaced(torch.tensor([[3.0, 1.0], [0.0, 2.0], [-1.0, 0.0]]), torch.tensor([[1.0, 0.0]] * 3)).tolist()
    [0.25, 1.0, 1.0]
    """
    shares, right = _shares(given), _shares(worth)
    found = (shares - right).abs().sum(1) / 2
    return torch.where(torch.isnan(shares).any(1) & ~torch.isnan(right).any(1), torch.ones_like(found), found)


def misordered(given: Tensor, worth: Tensor) -> Tensor:
    """How far the order of the players is from that of their worth: (1 - Spearman's correlation) / 2, in [0, 1].

    Shapes as in `misplaced`. A map that gives all players the same has no order and gets 1/2, what random orders have
    in expectation; NaN where all players are worth the same.

    >>> misordered(torch.tensor([[1.0, 2.0, 5.0], [3.0, 2.0, 1.0]]), torch.tensor([[0.0, 1.0, 2.0]] * 2)).tolist()
    [0.0, 1.0]
    """
    first, second = (_centred(values) for values in (given, worth))
    size = first.square().sum(1) * second.square().sum(1)
    found = (1 - (first * second).sum(1) / torch.where(size == 0, torch.ones_like(size), size).sqrt()) / 2
    return torch.where((second == 0).all(1), torch.full_like(found, torch.nan), found)


def _shares(values: Tensor) -> Tensor:
    """Of the absolute sum; NaN where that is 0."""
    values = values.double()
    return values / values.abs().sum(1, keepdim=True)


def _centred(values: Tensor) -> Tensor:
    """Ranks, ties sharing their mean, less the mean rank."""
    ranks = torch.from_numpy(rankdata(values.double().cpu().numpy(), axis=1))
    return ranks - ranks.mean(1, keepdim=True)
