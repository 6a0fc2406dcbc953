"""Pointing game."""

from dataclasses import dataclass
from math import ceil, inf, sqrt
from typing import ClassVar, Literal

import torch.nn.functional as F
from torch import Tensor

from whybench.errors import BadParameter, Unsupported
from whybench.explanations import Attribution
from whybench.metrics.attribution.localisation import LocalisationMetric
from whybench.protocols import Case, Scores
from whybench.registries import register

SHARE = 15 / 224
"""The usual tolerance of 15 pixels, as a share of the side of the usual image."""


@register
@dataclass(frozen=True)
class PointingGame(LocalisationMetric):
    """Whether the most relevant pixel hits the mask, or comes near enough; higher is better.

        s = 1 if the maximum lies in M, or at a distance |u - v| < tolerance from some pixel v of M, else 0

    and the share of hits among them where several pixels share the maximum, which is what a random choice of one
    scores in expectation: a constant map scores the share of the area that counts as hit. One number a sample in
    [0, 1]. Only the place of the maximum counts, so that a map without positive relevance has a value like any other.
    What pointing at the middle is worth in a dataset is the score of the control `centre`.

    tolerance: in pixels; None for 15 at 224, scaled with the shorter side; tables have none. samples: `difficult` asks
    for the samples that are marked as difficult only, all others are undefined. relevance: as in `LocalisationMetric`.
    The detail `difficult` is 1 for samples marked as difficult, where the ground truth says so.

    Raises BadParameter for values not allowed, Unsupported for samples without masks or marks.

    Source: zhang2018; margin: fong2019.
    """

    name: ClassVar[str] = "pointing_game"
    reference: ClassVar[str] = "zhang2018"

    tolerance: float | None = None
    samples: Literal["all", "difficult"] = "all"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.tolerance is not None and not 0 <= self.tolerance < inf:
            raise BadParameter(f"pointing_game: tolerance={self.tolerance}; pixels >= 0 are needed, or None")
        if self.samples not in ("all", "difficult"):
            raise BadParameter(f"pointing_game: samples={self.samples!r}; allowed: all, difficult")

    def judged(self, case: Case[Attribution]) -> Scores:
        relevance, masks = self.located(case)
        undefined = self.undefined(case, relevance, masks)
        marks = None if case.truth is None else case.truth.difficult
        if self.samples == "difficult":
            if marks is None:
                raise Unsupported("pointing_game: samples='difficult', but these samples carry no such marks")
            undefined |= {int(i): "the sample is not marked as difficult" for i in (~marks).nonzero().flatten()}
        details = {} if marks is None else {"difficult": marks.double().cpu()}
        return self.scores(self.measure(relevance, masks), undefined, details)

    def measure(self, relevance: Tensor, masks: Tensor) -> Tensor:
        flat = relevance.flatten(1)
        pointed = flat == flat.amax(1, keepdim=True)
        hit = widened(masks, self._tolerance(masks)).flatten(1)
        return (pointed & hit).sum(1).double() / pointed.sum(1)

    def _tolerance(self, masks: Tensor) -> float:
        if masks.ndim == 3:
            return SHARE * min(masks.shape[1:]) if self.tolerance is None else self.tolerance
        if self.tolerance:
            raise Unsupported(f"pointing_game: tolerance={self.tolerance}, but only images have distances")
        return 0.0


def widened(masks: Tensor, tolerance: float) -> Tensor:
    """The masks and all pixels at a distance below `tolerance` from them: (n, height, width) bool.

    >>> import torch
    >>> widened(torch.tensor([[[False, False, True]]]), 1.5).tolist()
    [[[False, True, True]]]
    """
    wide = masks.clone()
    height = masks.shape[1] if masks.ndim == 3 else 0
    for down in range(min(ceil(tolerance), height)):
        reach = ceil(sqrt(tolerance**2 - down**2)) - 1
        if reach < 0:
            continue
        row = F.max_pool2d(masks[:, None].float(), (1, 2 * reach + 1), 1, (0, reach)).squeeze(1) > 0
        wide[:, down:] |= row[:, : height - down]
        wide[:, : height - down] |= row[:, down:]
    return wide
