"""The smallest sufficient and the smallest destroying region there are, over all sets and not along one order."""

import torch
from torch import Tensor


def set_sizes(sizes: Tensor) -> Tensor:
    """How many features each set of regions has: (d,) int64 -> (2^d,) int64.

    >>> set_sizes(torch.tensor([1, 4])).tolist()
    [0, 1, 4, 5]
    """
    total = sizes.new_zeros(1)
    for size in sizes:
        total = torch.cat([total, total + size])
    return total


def sufficient(probability: Tensor, predicted: Tensor, threshold: float) -> Tensor:
    """Which sets are enough when kept, as `ssr` has it: (n, 2^d) bool; the last set, all regions, always is.

    p(K) >= threshold * p(clean) and the predicted class is that of the clean input.
    """
    return (probability >= threshold * probability[:, -1:]) & (predicted == predicted[:, -1:])


def smallest_sufficient(probability: Tensor, predicted: Tensor, sizes: Tensor, threshold: float = 0.9) -> Tensor:
    """The share of features of the smallest set that is enough when kept: (n,) float64, 1 where nothing less is.

    probability, predicted: (n, 2^d), of a `CoalitionTable`; sizes: (d,), the features of each region.

    >>> p, c = torch.tensor([[0.1, 0.95, 0.3, 1.0]]), torch.zeros(1, 4)
    >>> smallest_sufficient(p, c, torch.tensor([1, 1])).tolist()
    [0.5]
    """
    met = sufficient(probability, predicted, threshold)
    return _smallest(met, set_sizes(sizes))


def smallest_destroying(predicted: Tensor, sizes: Tensor) -> Tensor:
    """The share of features of the smallest set whose removal changes the predicted class: (n,) float64.

    1 where no removal changes it.

    >>> smallest_destroying(torch.tensor([[1, 1, 0, 0]]), torch.tensor([1, 3])).tolist()
    [0.75]
    """
    changed = predicted != predicted[:, -1:]
    return _smallest(changed.flip(1), set_sizes(sizes))  # in place s stands the set that is removed


def _smallest(met: Tensor, size: Tensor) -> Tensor:
    found = torch.where(met, size.to(met.device), size[-1].to(met.device)).amin(1)
    return found.double() / size[-1]
