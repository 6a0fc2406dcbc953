"""Iterative removal of features."""

from dataclasses import dataclass
from typing import ClassVar

import torch

from whybench.domains import infill_names
from whybench.errors import BadParameter
from whybench.explanations import Attribution, Explanation
from whybench.metrics.attribution.superpixel_sweep import SuperpixelSweep
from whybench.protocols import Case, Curves, Metric, Scores
from whybench.registries import register


@register
@dataclass(frozen=True)
class Irof(Metric[Attribution]):
    """The area over the target's relative probability while superpixels are removed; higher is better.

        s = 1 - sum_{l=0..L-1} (y_l + y_{l+1}) / (2 L),    y_l = p(x_l) / p(x_0)

    with x_l the image after its l superpixels of highest mean relevance have been removed, all of them count the same;
    the mean of two opposite orders where superpixels tie. One number a sample, at most 1, in units of the clean
    probability; below 0 where what is left pleases the model more than the image.

    segments: about how many superpixels (SLIC) an image is cut into; infill: what stands in for them, as in pixel
    flipping. Passes: one a superpixel and one more, and another one for each point within ties; the cut is made once
    for all methods.

    Quantus' IROF differs: its mean is that of the image which is already perturbed, so that the fill drifts with the
    order; its area has no clean point, takes one for the distance of two steps and is not divided by their number.

    Raises BadParameter for values not allowed, Unsupported for inputs other than images and models without classes.

    Source: rieger2020; superpixels: achanta2012.
    """

    name: ClassVar[str] = "irof"
    kind: ClassVar[type[Explanation]] = Attribution
    family: ClassVar[str] = "faithfulness"
    range: ClassVar[tuple[float, float]] = (float("-inf"), 1.0)
    needs: ClassVar[frozenset[str]] = frozenset({"classes", "image"})
    reference: ClassVar[str] = "rieger2020"

    segments: int = 50
    infill: str = "mean"

    def __post_init__(self) -> None:
        if self.segments < 1:
            raise BadParameter(f"irof: segments={self.segments}; at least 1 is needed")
        if self.infill not in infill_names():
            raise BadParameter(f"irof: infill={self.infill!r}; allowed: {', '.join(infill_names())}")

    @property
    def higher_is_better(self) -> bool:
        return True

    def score(self, case: Case[Attribution]) -> Scores:
        sweep = case.artifact(SuperpixelSweep(self.infill, self.segments))
        removed, probability = sweep["removed"], sweep["probability"].mean(1)
        clean = probability[:, :1]
        relative = torch.where(clean > 0, probability / clean, torch.nan)
        area = torch.trapezoid(relative, removed, dim=1)
        undefined = {int(i): "the clean probability is 0" for i in (clean[:, 0] == 0).nonzero()}
        return Scores(
            1 - area,
            undefined,
            details={"superpixels": sweep["count"].double(), "ties": sweep["ties"].double()},
            curves=Curves(removed, probability, "share of superpixels removed", "probability"),
        )
