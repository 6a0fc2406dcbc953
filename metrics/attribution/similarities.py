"""How alike two maps are: rank correlation, signed and absolute, and structural similarity."""

from collections.abc import Callable, Mapping
from typing import Literal

import torch
from torch import Tensor

from whybench.errors import BadParameter, Unsupported
from whybench.sorting import order

Similarity = Literal["spearman", "spearman_abs", "ssim"]

Ready = tuple[Tensor, ...]
"""What maps are compared by: their ranks with the sums of squares, or the scaled maps with their windows' means and
variances. A batch of them broadcasts against several."""

CONSTANT = "a constant map has no rank correlation and no structure"
"""Why a sample whose own map is constant has no score."""

LARGEST_WINDOW = 7
DATA_RANGE = 2.0
"""SSIM sees maps divided by their largest absolute value, so that they lie in [-1, 1] and zero stays zero."""


class Reference:
    """A batch of maps to which others are compared: ranked, or scaled, only once.

    maps: (n, *grid) float64. constant: (n,) bool, the maps whose values are all exactly equal; those have no rank
    correlation with any other, and no structure.

    >>> Reference("spearman", torch.tensor([[1.0, 2.0, 4.0]])).similarity(torch.tensor([[3.0, 2.0, 1.0]]))[0].tolist()
    [-1.0]

    Raises BadParameter for an unknown similarity, Unsupported for `ssim` on maps that are not images.
    """

    def __init__(self, similarity: str, maps: Tensor) -> None:
        check_similarity(similarity)
        if similarity not in available(tuple(maps.shape[1:])):
            raise Unsupported(f"ssim compares images of at least 3 x 3 features; the maps are {tuple(maps.shape[1:])}")
        self._ready, self._compare = SIMILARITIES[similarity]
        self._maps = self._ready(maps)
        self.constant = is_constant(self._maps[0])

    def similarity(self, maps: Tensor) -> tuple[Tensor, Tensor]:
        """The similarity of each map to its reference, (k n,) float64, and which of `maps` are constant, (k n,) bool.

        maps: k whole batches after one another, (k n, *grid), each in the order of the references.
        It is exactly 1 for equal maps, and 0 where one of the two is constant: a map without any order has no order
        in common with another.
        """
        others = tuple(part.view(-1, *known.shape) for part, known in zip(self._ready(maps), self._maps, strict=True))
        constant = is_constant(others[0].flatten(0, 1)).view(-1, len(self.constant))
        values = self._compare(self._maps, others)
        return torch.where(self.constant | constant, 0.0, values).flatten(), constant.flatten()


def is_constant(maps: Tensor) -> Tensor:
    """Which maps have one and the same value everywhere, exactly."""
    flat = maps.flatten(1)
    return flat.amax(1) == flat.amin(1)


def centred_ranks(maps: Tensor) -> Tensor:
    """Twice the ranks, (n, d), minus their mean: whole numbers, so that sums of their products are exact.

    Equal values share the average of their ranks. With `below` and `upto` the number of values below and not above a
    value, its rank is (below + upto + 1) / 2 and the mean rank (d + 1) / 2.

    >>> centred_ranks(torch.tensor([[5.0, 7.0, 5.0]])).tolist()
    [[-1.0, 2.0, -1.0]]
    """
    flat = maps.double().flatten(1)
    size = flat.shape[1]
    rising = order(flat)
    ordered = flat.gather(1, rising)
    new = ordered[:, 1:] != ordered[:, :-1]
    if new.all():  # without a tie a rank is a place, and nothing has to be shared
        ranks = torch.arange(1 - size, size, 2, dtype=flat.dtype, device=flat.device)
        return torch.empty_like(flat).scatter_(1, rising, ranks.expand_as(flat))
    places = torch.arange(size, device=flat.device)
    new = torch.cat([torch.ones_like(new[:, :1]), new], 1)
    below = torch.where(new, places, 0).cummax(1).values
    upto = torch.where(new.roll(-1, 1), places + 1, size).flip(1).cummin(1).values.flip(1)
    return torch.empty_like(flat).scatter_(1, rising, (below + upto - size).double())


def ranked(maps: Tensor) -> Ready:
    """Centred ranks, (n, d), and the sum of their squares, (n,)."""
    ranks = centred_ranks(maps)
    return ranks, (ranks * ranks).sum(1)


def rank_correlation(a: Ready, b: Ready) -> Tensor:
    """Pearson's correlation of centred ranks, which is Spearman's of the values; NaN where one is constant."""
    (u, squares_u), (v, squares_v) = a, b
    return (u * v).sum(-1) / (squares_u * squares_v).sqrt()


def scaled(maps: Tensor) -> Tensor:
    """Each map divided by its largest absolute value."""
    maps = maps.double()
    largest = maps.flatten(1).abs().amax(1).view(-1, 1, 1)
    return maps / torch.where(largest > 0, largest, 1.0)


def windowed(maps: Tensor) -> Ready:
    """Scaled maps (n, height, width), with mean and variance (over N - 1) of each window inside them."""
    maps = scaled(maps)
    mean = window_mean(maps)
    size = window(tuple(maps.shape[1:])) ** 2
    return maps, mean, size / (size - 1) * (window_mean(maps * maps) - mean * mean)


def ssim(a: Ready, b: Ready) -> Tensor:
    """The mean structural similarity over all windows.

    (2 m_a m_b + C1) (2 s_ab + C2) / ((m_a^2 + m_b^2 + C1) (s_a^2 + s_b^2 + C2)) with the means m, and the variances
    and covariance s (over N - 1) of uniform windows; C1 = (0.01 L)^2, C2 = (0.03 L)^2, L = 2, the data range. Windows
    are 7 x 7 pixels; on images smaller than 14 pixels the largest odd size up to half of the shorter side, at least 3.

    Source: wang2004.
    """
    (u, mean_u, variance_u), (v, mean_v, variance_v) = a, b
    size = window(tuple(u.shape[-2:])) ** 2
    covariance = size / (size - 1) * (window_mean(u * v) - mean_u * mean_v)
    c1, c2 = (0.01 * DATA_RANGE) ** 2, (0.03 * DATA_RANGE) ** 2
    alike = (2 * mean_u * mean_v + c1) * (2 * covariance + c2)
    most = (mean_u * mean_u + mean_v * mean_v + c1) * (variance_u + variance_v + c2)
    return (alike / most).flatten(-2).mean(-1)


def window_mean(maps: Tensor) -> Tensor:
    """The mean of each window, first down, then across."""
    size = window(tuple(maps.shape[-2:]))
    return run_mean(run_mean(maps, size, -2), size, -1)


def run_mean(maps: Tensor, size: int, dim: int) -> Tensor:
    """The mean of each run of values along a dimension: sums of shifted maps, several times as fast as pooling."""
    count = maps.shape[dim] - size + 1
    total = maps.narrow(dim, 0, count).clone()
    for shift in range(1, size):
        total += maps.narrow(dim, shift, count)
    return total.div_(size)


def window(grid: tuple[int, ...]) -> int:
    """The side of SSIM's windows on a grid."""
    half = max(3, min(grid) // 2)
    return min(LARGEST_WINDOW, half - 1 + half % 2)


SIMILARITIES: Mapping[str, tuple[Callable[[Tensor], Ready], Callable[[Ready, Ready], Tensor]]] = {
    "spearman": (ranked, rank_correlation),
    "spearman_abs": (lambda maps: ranked(maps.abs()), rank_correlation),
    "ssim": (windowed, ssim),
}
"""By name: what a map is compared by, and how two of these are compared."""


def available(grid: tuple[int, ...]) -> list[str]:
    """The similarities that are defined for maps on a grid."""
    return [name for name in SIMILARITIES if name != "ssim" or (len(grid) == 2 and min(grid) >= 3)]


def check_similarity(name: str) -> None:
    """Raise BadParameter for a name that is no similarity."""
    if name not in SIMILARITIES:
        raise BadParameter(f"similarity={name!r}; allowed: {', '.join(SIMILARITIES)}")
