"""Model parameter randomisation test."""

from dataclasses import dataclass
from typing import ClassVar, get_args

import torch
from torch import Tensor

from whybench.errors import BadParameter, Unsupported
from whybench.explanations import Attribution, Explanation
from whybench.metrics.attribution.randomised_models import Randomisation
from whybench.metrics.attribution.randomised_similarities import Order, RandomisedSimilarities
from whybench.metrics.attribution.similarities import CONSTANT, Similarity, check_similarity
from whybench.protocols import Case, Curves, Metric, Scores
from whybench.registries import register


@register
@dataclass(frozen=True)
class Mprt(Metric[Attribution]):
    """The model parameter randomisation test: how alike a map stays when the model's weights are randomised.

    score = mean over seeds s and blocks k of similarity(R(x; model), R(x; model with randomised layers (k, s))), in
    [-1, 1], without unit. The original model, with its similarity of 1, is the first point of the curve and no part
    of the mean; targets stay those of the original. Around 0 a map passes, near 1 it does not show what the model has
    learnt. It is a filter and no ranking: maps of pure noise pass best.

    randomisation: `shuffle` the values within each parameter tensor, or `redraw` them from a normal distribution of
    their mean and standard deviation; order: `cascading` from the output down, `bottom_up`, cascading from the input
    on, or `independent`, one block at a time;
    similarity: `spearman` of the signed values, `spearman_abs` of the absolute ones, or `ssim` of images;
    blocks: how many runs of neighbouring layers are randomised as one (None: each layer is one); seeds: how often.

    Layers are operations that read parameters, in the order in which they run; BatchNorm's weight and bias are
    randomised like any others, while all buffers (its running statistics) are kept. A randomised model whose output
    no longer depends on the input is left out (`refused_models` counts them). A sample whose original map is constant
    is undefined; a map that is constant on a randomised model has nothing in common with the original and counts as 0
    (`constant_maps` is their share).

    Raises BadParameter; Unsupported for models without parameters, or that cannot be copied or seen into, and for
    `ssim` on inputs that are no images.

    Source: adebayo2018sanity; that noise passes best: binder2023.
    """

    name: ClassVar[str] = "mprt"
    kind: ClassVar[type[Explanation]] = Attribution
    family: ClassVar[str] = "sanity"
    range: ClassVar[tuple[float, float]] = (-1.0, 1.0)
    reference: ClassVar[str] = "adebayo2018sanity"
    stochastic: ClassVar[bool] = True
    trivial: ClassVar[bool] = True

    randomisation: Randomisation = "shuffle"
    order: Order = "cascading"
    similarity: Similarity = "spearman"
    blocks: int | None = 8
    seeds: int = 5

    def __post_init__(self) -> None:
        if self.randomisation not in ("shuffle", "redraw"):
            raise BadParameter(f"{self.name}: randomisation={self.randomisation!r}; allowed: shuffle, redraw")
        if self.order not in get_args(Order):
            raise BadParameter(f"{self.name}: order={self.order!r}; allowed: {', '.join(get_args(Order))}")
        check_similarity(self.similarity)
        if self.blocks is not None and self.blocks < 1:
            raise BadParameter(f"{self.name}: blocks={self.blocks}; at least 1 is needed, or None for each layer")
        if self.seeds < 1:
            raise BadParameter(f"{self.name}: seeds={self.seeds}; at least 1 is needed")

    @property
    def higher_is_better(self) -> bool:
        return False

    def score(self, case: Case[Attribution]) -> Scores:
        found = case.artifact(self.similarities())
        if self.similarity not in found:
            raise Unsupported(f"ssim compares images of at least 3 x 3 features, not {case.domain.name} inputs")
        values, kept = found[self.similarity], ~found["refused"]
        refusals = int((~kept).sum())
        if kept.any():
            undefined = dict.fromkeys(found[f"{self.similarity}/constant"].nonzero().flatten().tolist(), CONSTANT)
        else:
            undefined = dict.fromkeys(range(len(case)), f"all {refusals} randomised models ignore their input")
        defined = torch.ones(len(case), dtype=torch.float64)
        defined[list(undefined)] = torch.nan
        blank = (found[f"{self.similarity}/blank"] & kept).sum((1, 2)) / kept.sum().clamp(min=1)
        return Scores(
            defined * (values * kept).sum((1, 2)) / kept.sum().clamp(min=1),
            undefined,
            details={"refused_models": refusals * defined, "constant_maps": blank * defined},
            curves=self._curves(values, kept, found["fraction"], defined),
        )

    def similarities(self) -> RandomisedSimilarities:
        """What the score is read off."""
        return RandomisedSimilarities(self.randomisation, self.order, self.blocks, self.seeds)

    def _curves(self, values: Tensor, kept: Tensor, fraction: Tensor, defined: Tensor) -> Curves:
        """The original's 1, then for each block that a model remains for the mean over seeds."""
        some = kept.any(0)
        mean = (values * kept).sum(1)[:, some] / kept.sum(0)[some]
        y = torch.cat([torch.ones(len(values), 1, dtype=torch.float64), mean], 1) * defined[:, None]
        x = torch.cat([torch.zeros(1, dtype=torch.float64), fraction[some]]).expand_as(y)
        share = "down to the randomised block" if self.order == "independent" else "randomised"
        return Curves(x, y, f"fraction of layers {share}", f"{self.similarity} similarity")
