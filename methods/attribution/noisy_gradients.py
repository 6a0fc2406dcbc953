"""Gradients at noisy copies of an input, which SmoothGrad and VarGrad sum up differently."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import ClassVar

from torch import Tensor

from whybench.explanations import Polarity
from whybench.layout import taken
from whybench.methods.attribution.checks import at_least, whole
from whybench.passes import Passes
from whybench.protocols import AttributionMethod, Query


@dataclass(frozen=True)
class NoisyGradients(AttributionMethod):
    """A statistic of the gradient over Gaussian noise on the input.

    samples: noisy copies of each input; noise: standard deviation as a share of max(x) - min(x) of that input.
    The noise of a copy is named by the sample's id and the copy's number, so that all subclasses see the same.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"gradients"})
    stochastic: ClassVar[bool] = True
    fewest: ClassVar[int] = 1

    samples: int = 25
    noise: float = 0.15
    polarity: Polarity = field(default="sensitivity", kw_only=True)

    def __post_init__(self) -> None:
        whole(self, self.fewest, "samples")
        at_least(self, 0, "noise")

    def copies(self, query: Query) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Full batches of (sample, number of its copy, noisy copy), sample by sample."""
        flat = query.inputs.flatten(1)
        spread = self.noise * (flat.amax(1) - flat.amin(1))
        shape = tuple(query.inputs.shape[1:])
        draw = partial(query.streams.normals, dtype=spread.dtype)
        for sample, copy, noise in query.drawn(draw, "noisy_gradients", self.samples, shape):
            scale = spread[sample].view(-1, *(1,) * len(shape))
            yield sample, copy, noise.to(scale).mul_(scale).add_(taken(query.inputs, sample))

    def passes(self, query: Query) -> Passes | None:
        return Passes(self.samples, self.samples) * len(query)
