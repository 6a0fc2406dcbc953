"""The infill that asks a trained network."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from whybench.domains.inpainting.network import InPainter
from whybench.domains.inpainting.weights import shipped
from whybench.errors import Unsupported

SMALL = 16
"""The longer side, in pixels, up to which images of one channel are taken for digits."""


@dataclass(frozen=True, eq=False)
class InPainted:
    """Removed pixels as a trained network guesses them from the kept ones; kept pixels are known, and stay.

    Values are brought from [low, high] to [0, 1] and back, so that a guess never leaves the bounds. Where nothing is
    kept the guess is `mean`. No noise is added.

    inputs, mean, low, high: (n, channels, height, width), in input space.
    """

    network: InPainter
    inputs: Tensor
    mean: Tensor
    low: Tensor
    high: Tensor

    def apply(self, kept: Tensor, sample: Tensor) -> Tensor:
        return torch.where(kept.unsqueeze(1), self.inputs[sample], self._guess(kept, sample))

    def imputed(self, kept: Tensor, sample: Tensor) -> Tensor:
        """`apply`: of a kept pixel the guess is the pixel itself."""
        return self.apply(kept, sample)

    @torch.no_grad()
    def _guess(self, kept: Tensor, sample: Tensor) -> Tensor:
        known = kept.flatten(1).any(1)
        guess = self.mean[sample].clone()
        if known.any():
            rows = sample[known]
            low, span = self.low[rows], self.high[rows] - self.low[rows]
            shares = (self.inputs[rows] - low) / span.where(span > 0, 1)
            guess[known] = low + span * self.network(shares.contiguous(), kept[known])
        return guess


def network_for(inputs: Tensor) -> InPainter:
    """The shipped network for images like `inputs`, (n, channels, height, width), in their dtype.

    Raises Unsupported for images that none was trained for.
    """
    return shipped(_name(tuple(inputs.shape)), inputs.dtype, inputs.device)


def _name(shape: Sequence[int]) -> str:
    channels, height, width = shape[1:]
    if channels == 3:
        return "photographs"
    if channels == 1 and max(height, width) <= SMALL:
        return "digits"
    raise Unsupported(
        f"infill 'inpainter' has networks for images of 3 channels and for digits of 1 channel with up to {SMALL} x "
        f"{SMALL} pixels, none for {channels} x {height} x {width}"
    )
