"""Pixel flipping."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from whybench.explanations import Attribution
from whybench.metrics.attribution.perturbation import (
    Output,
    PerturbationMetric,
    area,
    curves,
    output_name,
    reading,
)
from whybench.protocols import Case, Scores
from whybench.registries import register


@register
@dataclass(frozen=True)
class PixelFlipping(PerturbationMetric):
    """The area under the model's output while regions are removed in the order of their relevance.

        s = sum_i (q_{i+1} - q_i) (y_i + y_{i+1}) / 2

    with q_i the share of features removed at step i, from 0 (the clean input) to 1 (nothing left), and y_i the output
    there; the mean of two opposite orders where regions tie. One number a sample, in units of the output: within
    [0, 1] for `probability` and `accuracy`. On an additive model the areas of a map and of its reversal add up to
    f(clean) + f(all removed).

    order: `morf` removes the most relevant regions first (lower is better), `lerf` the least relevant ones first
    (higher is better); `lerf` is the insertion curve read from its end and costs no further pass.
    infill: what stands in for removed features. output: None for the probability of the target, or for the output of
    a scalar model, where relevance means "towards a higher output"; `logit` is not comparable between models;
    `accuracy` is 1 where the target is still predicted.

    Quantus' PixelFlipping differs: its curve begins after the first step, its area takes one for the distance of two
    steps whatever their number, and every channel of a pixel is flipped by itself.

    Raises BadParameter for values not allowed, Unsupported for an infill that the domain has not the facts for.

    Source: bach2015; regions and areas: samek2017.
    """

    name: ClassVar[str] = "pixel_flipping"
    family: ClassVar[str] = "faithfulness"
    range: ClassVar[tuple[float, float]] = (float("-inf"), float("inf"))
    reference: ClassVar[str] = "samek2017"

    order: Literal["morf", "lerf"] = "morf"
    infill: str = "mean"
    output: Output | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.one_of("order", self.order, ("morf", "lerf"))
        self.check_infill(self.infill)
        self.check_output(self.output)

    @property
    def higher_is_better(self) -> bool:
        return self.order == "lerf"

    def score(self, case: Case[Attribution]) -> Scores:
        sweep = self.sweep(case, self.infill, "deletion" if self.order == "morf" else "insertion")
        removed, values = sweep["fraction"], reading(case, sweep, self.output)
        if self.order == "lerf":
            removed, values = 1 - removed.flip(2), values.flip(2)
        return Scores(
            area(removed, values),
            details={"ties": sweep["ties"].double()},
            curves=curves(removed, values, "fraction removed", output_name(case, self.output)),
        )
