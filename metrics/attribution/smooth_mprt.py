"""Smooth model parameter randomisation test."""

from dataclasses import dataclass
from math import isfinite
from typing import ClassVar

from whybench.errors import BadParameter
from whybench.metrics.attribution.mprt import Mprt
from whybench.metrics.attribution.randomised_similarities import Order
from whybench.metrics.attribution.smoothed_similarities import SmoothedSimilarities
from whybench.registries import register


@register
@dataclass(frozen=True)
class SmoothMprt(Mprt):
    """The model parameter randomisation test of maps that are averaged over noisy inputs, from the input layer up.

    score = mean over seeds s and blocks k of similarity(S(x; model), S(x; model with randomised layers (k, s))), in
    [-1, 1], without unit, with S(x; f) = mean over samples j of R(x + noise (max x - min x) z_j; f), z_j ~ N(0, I), on
    the original model as on randomised ones. What noise in a map adds to its change is averaged out before maps are
    compared; the rest is `mprt`: with noise=0 it is mprt(order='bottom_up') exactly, which it is compared with.

    samples: noisy copies of each input; noise: their standard deviation as a share of the input's range, drawn once a
    sample and copy for all models and methods. seeds is 1 by default, since each randomised model is asked `samples`
    times. The other parameters, what is left out and what is undefined are those of `mprt`.

    Raises BadParameter; Unsupported for models without parameters, or that cannot be copied or seen into, and for
    `ssim` on inputs that are no images.

    Source: hedstrom2023.
    """

    name: ClassVar[str] = "smooth_mprt"
    reference: ClassVar[str] = "hedstrom2023"

    order: Order = "bottom_up"
    seeds: int = 1
    samples: int = 50
    noise: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.samples < 1:
            raise BadParameter(f"smooth_mprt: samples={self.samples}; at least 1 is needed")
        if not (isfinite(self.noise) and self.noise >= 0):
            raise BadParameter(f"smooth_mprt: noise={self.noise}; a finite number of at least 0 is needed")

    def similarities(self) -> SmoothedSimilarities:
        return SmoothedSimilarities(
            self.randomisation, self.order, self.blocks, self.seeds, samples=self.samples, noise=self.noise
        )
