"""Area over the perturbation curve."""

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
class Aopc(CurveMetric):
    """How far the model's output falls, on average, while regions are removed in the order of their relevance.

        s = average over the curve of f(clean) - f(what is left),    so that    s = f(clean) - pixel_flipping

    with the same parameters, exactly, and for every `average` but `sum_after`: it is pixel flipping moved by what no
    map changes, orders the maps of one sample as it does, and is read off the same sweep. One number a sample, in
    units of the output: within [f(clean) - 1, f(clean)] for `probability`.

    order: `morf` removes the most relevant regions first (higher is better), `lerf` the least relevant ones first
    (lower is better). infill, output, steps, average, repeats: as in pixel flipping.

    Presets:
    `samek`: 1/(L+1) sum_{k=0..L} f(x_0) - f(x_k), L = 100 regions of 9 x 9 pixels, replaced by uniform noise in ten
    draws (fewer where the image holds fewer; the protocol was set for 227 x 227 pixels, of which they are 16 %).
    `quantus`: RegionPerturbation, the mean of its list: 100 regions of 8 x 8, the image's lowest value, no clean point.
    Quantus declares that lower is better, for drops, of which the best order has most; sides that 8 does not divide
    have other regions there, since it pads all around.

    Raises BadParameter for values not allowed, Unsupported for an infill that the domain has not the facts for.

    Source: samek2017.
    """

    name: ClassVar[str] = "aopc"
    reference: ClassVar[str] = "samek2017"
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "samek": {"region": 9, "steps": "every(1, 100)", "infill": "uniform", "average": "mean", "repeats": 10},
        "quantus": {"region": 8, "steps": "every(1, 100)", "infill": "lowest", "average": "mean_after"},
    }

    order: Order = "morf"

    def __post_init__(self) -> None:
        self.one_of("order", self.order, ("morf", "lerf"))
        super().__post_init__()

    @property
    def higher_is_better(self) -> bool:
        return self.order == "morf"

    def score(self, case: Case[Attribution]) -> Scores:
        removed, values, ties = self.removal(case, self.order)
        drop = self.clean(case, values) - values
        return Scores(
            self.averaged(removed, drop),
            details={"ties": ties},
            curves=curves(removed, drop, "fraction removed", f"drop of the {output_name(case, self.output)}"),
        )
