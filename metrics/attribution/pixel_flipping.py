"""Pixel flipping."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from whybench.explanations import Attribution
from whybench.metrics.attribution.curve_metric import CurveMetric, Order
from whybench.metrics.attribution.perturbation import curves, output_name
from whybench.protocols import Case, Scores
from whybench.registries import register


@register
@dataclass(frozen=True)
class PixelFlipping(CurveMetric):
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

    steps, average, repeats: as in `CurveMetric`; the areas of sweeps with other values are not comparable.

    Presets reproduce what others compute from the same map, where nothing ties:
    `quantus`: pixel by pixel, the image's lowest value, the area without the clean point and with one for the distance
    of two steps. Quantus flips every channel of a pixel by itself, so that it agrees for one channel only.
    `pnpxai`: the mean of 0, 10, ..., 80 and 100 per cent, zero fill (its MoRF; with order='lerf' its LeRF).
    `rise`: deletion, zero fill, 224 pixels a step (one row of 224: give steps='every(width)' for other images).
    `samek`: 9 x 9 regions, 100 of them, uniform noise in ten draws; aopc = f(clean) - this.

    Raises BadParameter for values not allowed, Unsupported for an infill that the domain has not the facts for.

    Source: bach2015; regions and areas: samek2017.
    """

    name: ClassVar[str] = "pixel_flipping"
    reference: ClassVar[str] = "samek2017"
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quantus": {"region": 1, "steps": "every(1)", "infill": "lowest", "average": "sum_after"},
        "pnpxai": {"region": 1, "steps": "tenths(10)", "infill": "zero", "average": "mean"},
        "rise": {"region": 1, "steps": "every(224)", "infill": "zero", "average": "steps"},
        "samek": {"region": 9, "steps": "every(1, 100)", "infill": "uniform", "average": "mean", "repeats": 10},
    }

    order: Order = "morf"

    def __post_init__(self) -> None:
        self.one_of("order", self.order, ("morf", "lerf"))
        super().__post_init__()

    @property
    def higher_is_better(self) -> bool:
        return self.order == "lerf"

    def score(self, case: Case[Attribution]) -> Scores:
        removed, values, ties = self.removal(case, self.order)
        return Scores(
            self.averaged(removed, values),
            details={"ties": ties},
            curves=curves(removed, values, "fraction removed", output_name(case, self.output)),
        )
