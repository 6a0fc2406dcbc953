"""Saliency metric."""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from whybench.errors import BadParameter
from whybench.explanations import Attribution, Explanation
from whybench.metrics.attribution.boxes import Box, tightest
from whybench.passes import Passes
from whybench.protocols import Case, Metric, Scores
from whybench.protocols.blocks import scores_by_block
from whybench.protocols.model import steady
from whybench.registries import register


@register
@dataclass(frozen=True)
class SaliencyMetric(Metric[Attribution]):
    """How small a rectangle around the most relevant pixels is, and how sure the model is of it; lower is better.

        s = log(max(a, floor)) - log p(crop)

    with a the share of the image's area in the tightest rectangle around the pixels over the threshold, and p the
    target's probability after that rectangle is cut out and stretched to the whole input. One number a sample, at least
    log(floor); the whole image scores -log p(clean). Unchanged by a positive factor. It costs one forward pass a sample
    and needs no ground truth. A crop changes scale and aspect ratio, and the rectangle around scattered speckle is the
    whole image.

    rule, alpha: which pixels are over the threshold: `max`, R >= alpha max R; `mean`, R >= alpha mean R+, with R+ the
    positive relevance; `energy`, the most relevant ones that together hold the share alpha of R+ (and those that tie
    with the last). alpha decides scores and suits methods differently, so that it is to be chosen for each method by
    its mean score on other samples than those that are reported: run the same method with several alpha, each of which
    is a row of its own. floor: the area from which on smaller gains nothing.
    resize: how the crop is stretched; `bilinear` stays within the crop's values, `bicubic` is the authors'.

    A sample is undefined where no relevance is above zero, or none is over the threshold. Details: `area`, a, and
    `probability`, p.

    Raises BadParameter for values not allowed, Unsupported for models without classes and other inputs than images.

    Source: dabkowski2017; rules: fong2017.
    """

    name: ClassVar[str] = "saliency_metric"
    kind: ClassVar[type[Explanation]] = Attribution
    family: ClassVar[str] = "region"
    range: ClassVar[tuple[float, float]] = (-math.inf, math.inf)
    needs: ClassVar[frozenset[str]] = frozenset({"classes", "image"})
    reference: ClassVar[str] = "dabkowski2017"

    rule: Literal["max", "mean", "energy"] = "max"
    alpha: float = 0.5
    floor: float = 0.05
    resize: Literal["bilinear", "bicubic"] = "bilinear"

    def __post_init__(self) -> None:
        if self.rule not in ("max", "mean", "energy"):
            raise BadParameter(f"saliency_metric: rule={self.rule!r}; allowed: max, mean, energy")
        most = math.inf if self.rule == "mean" else 1.0
        if not 0 < self.alpha <= most or math.isinf(self.alpha):
            raise BadParameter(
                f"saliency_metric: alpha={self.alpha}; a number above 0 is needed, up to 1 but for 'mean'"
            )
        if not 0 < self.floor <= 1:
            raise BadParameter(f"saliency_metric: floor={self.floor}; a number above 0 and up to 1 is needed")
        if self.resize not in ("bilinear", "bicubic"):
            raise BadParameter(f"saliency_metric: resize={self.resize!r}; allowed: bilinear, bicubic")

    @property
    def higher_is_better(self) -> bool:
        return False

    def score(self, case: Case[Attribution]) -> Scores:
        return scores_by_block(self._judged, case)

    def _judged(self, case: Case[Attribution]) -> Scores:
        given = case.explanation
        relevance = case.domain.per_feature(given.relevance, given.polarity, tuple(case.inputs.shape))
        over = torch.stack([self._over(one) for one in relevance])
        nothing = (relevance <= 0).flatten(1).all(1)
        undefined = dict.fromkeys(
            (~over.flatten(1).any(1)).nonzero().flatten().tolist(), "no pixel is over the threshold"
        )
        undefined |= dict.fromkeys(nothing.nonzero().flatten().tolist(), "no relevance is above zero")
        boxes = [tightest(one) for one in over]
        area = torch.tensor([box.area for box in boxes], dtype=torch.float64) / relevance[0].numel()
        log_p = self._log_probability(case, boxes)
        details = {"area": area, "probability": log_p.exp()}
        values = area.clamp(min=self.floor).log() - log_p
        for each in (values, *details.values()):
            each[list(undefined)] = torch.nan
        return Scores(values, undefined, details=details)

    def passes(self, case: Case[Attribution]) -> Passes | None:
        return Passes(len(case))

    def _over(self, relevance: Tensor) -> Tensor:
        """The pixels over the threshold, (height, width) bool; never one without positive relevance."""
        positive = relevance.clamp(min=0)
        if self.rule == "max":
            least = self.alpha * positive.max()
        elif self.rule == "mean":
            least = self.alpha * positive.mean()
        else:
            ranked = positive.flatten().sort(descending=True).values
            held = ranked.cumsum(0)
            least = ranked[int((held < self.alpha * held[-1]).sum())]
        return (positive >= least) & (positive > 0)

    def _log_probability(self, case: Case[Attribution], boxes: list[Box]) -> Tensor:
        """The log-probability of each sample's target in its crop, (n,) float64 on the CPU."""
        parts = []
        with steady(case.model.module):
            for rows in torch.split(torch.arange(len(case), device=case.targets.device), case.rows):
                crops = torch.cat([self._crop(case.inputs[i : i + 1], boxes[i]) for i in rows.tolist()])
                logs = case.predict(crops).double().log_softmax(1)
                parts.append(logs.gather(1, case.targets[rows, None]).squeeze(1))
        return torch.cat(parts).cpu()

    def _crop(self, image: Tensor, box: Box) -> Tensor:
        size = (image.shape[2], image.shape[3])
        return F.interpolate(box.cut(image), size, mode=self.resize, align_corners=False)
