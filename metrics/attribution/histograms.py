"""How spread out the values of a map are over bins of equal width."""

import torch
from torch import Tensor


def histogram_entropy(maps: Tensor, bins: int) -> Tensor:
    """The entropy of each map's histogram, in nats, (n,) float64: 0 where all values share a bin, at most ln bins.

    -sum_b p_b ln p_b, p_b the share of values in bin b of `bins` equally wide ones between the map's lowest and highest
    value; a bin holds its lower edge, the last one its upper edge too.

    maps: (n, *grid).

    >>> histogram_entropy(torch.tensor([[0.0, 1.0, 2.0, 3.0], [0.0, 0.0, 0.0, 9.0], [5.0, 5.0, 5.0, 5.0]]), 4).exp()
    tensor([4.0000, 1.7548, 1.0000], dtype=torch.float64)
    """
    flat = maps.double().flatten(1).contiguous()
    low, high = flat.amin(1, keepdim=True), flat.amax(1, keepdim=True)
    width = (high - low) / bins
    edges = low + torch.arange(bins + 1, dtype=flat.dtype, device=flat.device) * width
    edges[:, -1:] = high  # which rounding may miss
    counts = torch.zeros_like(edges[:, :-1]).scatter_add_(1, _bins(flat, low, width, edges), torch.ones_like(flat))
    share = torch.arange(flat.shape[1] + 1, dtype=flat.dtype, device=flat.device) / flat.shape[1]
    entropy: Tensor = torch.special.entr(share)[counts.long()].sum(1)
    return entropy


def _bins(values: Tensor, low: Tensor, width: Tensor, edges: Tensor) -> Tensor:
    """The bin of each value: reckoned, and corrected where rounding puts it on the wrong side of an edge."""
    last = edges.shape[1] - 2
    found = ((values - low) / width.masked_fill(width == 0, 1.0)).long().clamp_(0, last)
    while True:
        above = (values >= edges.gather(1, found + 1)) & (found < last)
        below = values < edges.gather(1, found)
        if not (above | below).any():
            return found
        found += above.long() - below.long()
