"""First and second moments of what neurons read and compute, gathered part by part without cancellation."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Moments:
    """Moments of (x, y) over those patches that count for a neuron.

    count, mean_y: (groups, neurons); mean_x: (groups, neurons, d); joint: sum (x - mean x) (y - mean y), like mean_x.
    """

    count: Tensor
    mean_x: Tensor
    mean_y: Tensor
    joint: Tensor

    def merged(self, other: "Moments") -> "Moments":
        """Those of both sets of patches, from differences of means: large means cancel nowhere. Source: chan1983."""
        count = self.count + other.count
        share = other.count / count.clamp(min=1)
        step_x, step_y = other.mean_x - self.mean_x, other.mean_y - self.mean_y
        both = (self.count * share * step_y)[..., None]
        return Moments(
            count,
            self.mean_x + share[..., None] * step_x,
            self.mean_y + share * step_y,
            self.joint + other.joint + both * step_x,
        )


@dataclass(frozen=True, eq=False)
class Regimes:
    """Moments over the patches where a neuron is active (w.x + b > 0), and over the others."""

    active: Moments
    inactive: Moments

    @classmethod
    def of(cls, patches: Tensor, weight: Tensor, bias: Tensor) -> "Regimes":
        """patches: (m, groups, d); weight: (groups, neurons, d); bias: (groups, neurons); all float64.

        Sums are taken of what is left after the mean of these patches; d x neurons of them, never d x d.
        """
        y = torch.einsum("mgd,gkd->gkm", patches, weight)
        firing = (y + bias[..., None] > 0).to(y)
        mean_x, mean_y = patches.mean(0)[:, None], y.mean(2)
        x, y = (patches - mean_x[:, 0]).transpose(0, 1), y - mean_y[..., None]
        count, active_x, active_y = firing.sum(2), firing @ x, (firing * y).sum(2)
        active_joint, joint = (firing * y) @ x, y @ x
        regimes = (
            (count, active_x, active_y, active_joint),
            (firing.shape[2] - count, -active_x, -active_y, joint - active_joint),
        )
        return cls(
            *(
                Moments(
                    n,
                    torch.where(n[..., None] > 0, mean_x + sum_x / n.clamp(min=1)[..., None], 0),
                    torch.where(n > 0, mean_y + sum_y / n.clamp(min=1), 0),
                    torch.where(n[..., None] > 0, sum_xy - (sum_y / n.clamp(min=1))[..., None] * sum_x, 0),
                )
                for n, sum_x, sum_y, sum_xy in regimes
            )
        )

    def merged(self, other: "Regimes") -> "Regimes":
        return Regimes(self.active.merged(other.active), self.inactive.merged(other.inactive))

    @property
    def everything(self) -> Moments:
        return self.active.merged(self.inactive)
