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
    edges = low + torch.arange(bins + 1, dtype=flat.dtype, device=flat.device) * ((high - low) / bins)
    edges[:, -1:] = high  # which rounding may miss
    bin_of = (torch.searchsorted(edges, flat, right=True) - 1).clamp(max=bins - 1)
    counts = torch.zeros_like(edges[:, :-1]).scatter_add_(1, bin_of, torch.ones_like(flat))
    entropy: Tensor = torch.special.entr(counts / flat.shape[1]).sum(1)
    return entropy
