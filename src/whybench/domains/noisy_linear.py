"""Noisy linear imputation: removed features are guessed from the kept ones, and a little noise hides the seam."""

from dataclasses import dataclass

import torch
from torch import Tensor

from whybench.domains.multigrid import interpolate
from whybench.errors import BadInput
from whybench.layout import taken

NOISE = 0.01
"""Standard deviation of the noise: in input space for images, in units of the column's own for tables."""
RIDGE = 1e-6
"""Share of a column's variance that is added to it, so that columns that depend on each other have an answer too."""


@dataclass(frozen=True, eq=False)
class NoisyLinearImage:
    """Removed pixels are the weighted mean of their eight neighbours, plus Gaussian noise.

    Solves x_i = sum_j w_ij x_j / sum_j w_ij over the removed pixels (`multigrid.interpolate`), one spatial mask for
    all channels, and adds N(0, 0.01^2). Where nothing is kept the solution is `mean`.

    inputs, mean, noise: (n, channels, height, width), in input space; noise is drawn once a sample.

    Source: rong2022.
    """

    inputs: Tensor
    mean: Tensor
    noise: Tensor

    def apply(self, kept: Tensor, sample: Tensor) -> Tensor:
        images = taken(self.inputs, sample)
        return torch.where(kept.unsqueeze(1), images, self._imputed(images, kept, sample))

    def imputed(self, kept: Tensor, sample: Tensor) -> Tensor:
        """The interpolated images plus noise, at kept pixels too."""
        return self._imputed(taken(self.inputs, sample), kept, sample)

    def _imputed(self, images: Tensor, kept: Tensor, sample: Tensor) -> Tensor:
        count = kept.flatten(1).count_nonzero(1)
        known = count > 0
        partly = known & (count < kept[0].numel())
        if partly.all():
            return interpolate(images, kept).add_(taken(self.noise, sample))
        solved = torch.where(known[:, None, None, None], images, taken(self.mean, sample))
        if partly.any():
            solved[partly] = interpolate(images[partly], kept[partly])
        return solved.add_(taken(self.noise, sample))


@dataclass(frozen=True, eq=False)
class NoisyLinearTable:
    """Removed columns take their conditional mean given the kept ones under the data's covariance, plus noise.

    x_R = m_R + S_RK (S_KK + ridge)^-1 (x_K - m_K) + N(0, (0.01 s_R)^2), with s^2 the diagonal of S and a ridge of
    1e-6 of each column's variance.

    inputs, mean: (n, d); covariance: (d, d); noise: (n, d) standard normal, drawn once a sample. Solved in float64.

    Source: rong2022, with the covariance in the place of a pixel's neighbourhood.

    Raises BadInput for a covariance that is none.
    """

    inputs: Tensor
    mean: Tensor
    covariance: Tensor
    noise: Tensor

    def __post_init__(self) -> None:
        columns = self.inputs.shape[1]
        if tuple(self.covariance.shape) != (columns, columns):
            raise BadInput(f"covariance of shape {tuple(self.covariance.shape)} for {columns} columns")
        everything = torch.ones(1, columns, dtype=torch.bool, device=self.covariance.device)
        if int(torch.linalg.cholesky_ex(self._system(everything)).info) or not torch.isfinite(self.covariance).all():
            raise BadInput("the covariance has a negative eigenvalue or is not finite; it must be that of some data")

    def apply(self, kept: Tensor, sample: Tensor) -> Tensor:
        return torch.where(kept, taken(self.inputs, sample), self.imputed(kept, sample))

    def imputed(self, kept: Tensor, sample: Tensor) -> Tensor:
        """The conditional means plus noise, those of kept columns too: their own values but for the ridge."""
        inputs, mean = taken(self.inputs, sample).double(), taken(self.mean, sample).double()
        deviation = torch.where(kept, (inputs - mean) / self._scale(), 0).unsqueeze(2)
        weights = torch.cholesky_solve(deviation, torch.linalg.cholesky(self._system(kept)))
        solved = mean + self._scale() * (self._correlation() @ weights).squeeze(2)
        noise = NOISE * self.covariance.double().diagonal().sqrt() * taken(self.noise, sample)
        return (solved + noise).to(self.inputs)

    def _system(self, kept: Tensor) -> Tensor:
        """S_KK + ridge in units of the columns' deviations, with a row of the identity for every removed column.

        (rows, d) -> (rows, d, d): one size of system for all masks.
        """
        both = kept.unsqueeze(1) & kept.unsqueeze(2)
        return torch.where(both, self._correlation(), 0) + torch.diag_embed(torch.where(kept, RIDGE, 1.0).double())

    def _correlation(self) -> Tensor:
        scale = self._scale()
        return self.covariance.double() / scale / scale.unsqueeze(1)

    def _scale(self) -> Tensor:
        """The columns' standard deviations, 1 for a constant column."""
        deviation = self.covariance.double().diagonal().sqrt()
        return torch.where(deviation > 0, deviation, 1)
