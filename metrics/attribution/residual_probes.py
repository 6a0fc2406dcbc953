"""How much of a neuron's output is still in what a signal estimator takes for distraction, by linear regression."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from whybench.protocols.signals import Neurons

LARGEST = 1 << 24
"""Values of the covariances of residuals that are held at once."""

ROUNDING = 1e-14
"""A variance below this share of what it was computed from is taken for 0."""


def outputs(neurons: Neurons, patches: Tensor) -> tuple[Tensor, Tensor]:
    """y = w.x where the neuron is active, 0 elsewhere, and the other way round: (m, groups, neurons) each."""
    y = torch.einsum("mgd,gkd->mgk", patches, neurons.weight)
    active = torch.where(y + neurons.bias > 0, y, 0)
    return active, y - active


@dataclass(frozen=True, eq=False)
class Joint:
    """Moments of what a group reads and computes, z = (x, y where active, y elsewhere).

    mean: (groups, size of z); products: sum (z - mean) (z - mean)', (groups, size of z, size of z).
    """

    count: int
    mean: Tensor
    products: Tensor

    @classmethod
    def of(cls, neurons: Neurons, patches: Tensor) -> "Joint":
        values = torch.cat([patches, *outputs(neurons, patches)], 2).transpose(0, 1)
        mean = values.mean(1)
        centred = values - mean[:, None]
        return cls(len(patches), mean, centred.mT @ centred)

    def merged(self, other: "Joint") -> "Joint":
        """Those of both sets of patches. Source: chan1983."""
        count, step = self.count + other.count, other.mean - self.mean
        share = other.count / count
        between = self.count * share * step[:, :, None] * step[:, None]
        return Joint(count, self.mean + share * step, self.products + other.products + between)


@dataclass(frozen=True, eq=False)
class Probes:
    """For each neuron the v whose v.(x - S(x)) correlates most with y = w.x, and the moments of both.

    direction: v, (groups, neurons, d), 0 where nothing of y is in the residual; all others (groups, neurons).
    """

    direction: Tensor
    mean_y: Tensor
    deviation_y: Tensor
    mean_residual: Tensor
    deviation_residual: Tensor

    @classmethod
    def fitted(cls, neurons: Neurons, joint: Joint, ridge: float) -> "Probes":
        """v = (C + ridge tr(C) / d)^-1 cov(x - S(x), y) with C the covariance of the residual x - S(x)."""
        groups, size, read = neurons.weight.shape
        step = max(1, LARGEST // (groups * read * read))
        parts = [_fitted(neurons, joint, ridge, slice(i, i + step)) for i in range(0, size, step)]
        return cls(*(torch.cat(part, 1) for part in zip(*parts, strict=True)))

    @property
    def varying(self) -> Tensor:
        """The neurons whose output varies."""
        return self.deviation_y > 0

    def correlations(self, neurons: Neurons, patches: Tensor) -> Tensor:
        """The product of standardised y and v.(x - S(x)), whose mean is their correlation: (m, groups, neurons)."""
        active, inactive = outputs(neurons, patches)
        probed = torch.einsum("mgd,gkd->mgk", patches, self.direction)
        for pattern, y in ((neurons.active, active), (neurons.inactive, inactive)):
            probed = probed - (self.direction * pattern).sum(2) * y
        standard_y = _over(active + inactive - self.mean_y, self.deviation_y)
        return standard_y * _over(probed - self.mean_residual, self.deviation_residual)


def _fitted(neurons: Neurons, joint: Joint, ridge: float, part: slice) -> Iterator[Tensor]:
    groups, size, read = neurons.weight.shape
    covariance = joint.products / joint.count
    inputs = covariance[:, None, :read, :read]
    pattern = torch.stack([neurons.active[:, part], neurons.inactive[:, part]], 2)
    cross = covariance[:, :read, read:].reshape(groups, read, 2, size)[..., part].permute(0, 3, 2, 1)
    pairs = covariance[:, read:, read:].reshape(groups, 2, size, 2, size)
    own = pairs.diagonal(dim1=2, dim2=4)[..., part].permute(0, 3, 1, 2)
    mean_y = joint.mean[:, read:].reshape(groups, 2, size)[..., part].transpose(1, 2)

    sides = torch.cat([pattern, cross], 2)
    middle = torch.zeros(*sides.shape[:2], 4, 4).to(sides)
    middle[..., :2, :2] = own
    middle[..., :2, 2:] = middle[..., 2:, :2] = -torch.eye(2).to(sides)
    residual = inputs + sides.mT @ (middle @ sides)  # of x - a+ y+ - a- y-
    with_y = cross.sum(2) - (pattern.mT @ own.sum(3, keepdim=True)).squeeze(3)
    diagonal = residual.diagonal(dim1=2, dim2=3)
    trace = diagonal.sum(2)
    left = trace > ROUNDING * inputs.diagonal(dim1=2, dim2=3).sum(2)
    with_y = torch.where(left[..., None], with_y, 0)
    penalty = torch.where(left, ridge * trace / read, 1)[..., None]
    diagonal += penalty
    direction = torch.linalg.solve(residual, with_y)

    variance_y = own.sum((2, 3))
    varies = variance_y > ROUNDING * mean_y.sum(2).square()
    mean_residual = joint.mean[:, None, :read] - (mean_y[:, :, None] @ pattern).squeeze(2)
    variance = (direction * (with_y - penalty * direction)).sum(2).clamp(min=0)
    yield direction
    yield mean_y.sum(2)
    yield torch.where(varies, variance_y, 0).sqrt()
    yield (direction * mean_residual).sum(2)
    yield variance.sqrt()


def _over(values: Tensor, deviation: Tensor) -> Tensor:
    return torch.where(deviation > 0, values / torch.where(deviation > 0, deviation, 1), 0)
