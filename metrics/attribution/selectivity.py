"""Explanation selectivity."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from whybench.explanations import Attribution
from whybench.metrics.attribution.curve_metric import CurveMetric
from whybench.metrics.attribution.perturbation import curves, output_name
from whybench.protocols import Case, Scores
from whybench.registries import register


@register
@dataclass(frozen=True)
class Selectivity(CurveMetric):
    """The area under the model's output while the most relevant regions are removed; lower is better.

        s = pixel_flipping(morf) = f(clean) - aopc(morf)

    with the same parameters, exactly, and off the same sweep: a name of the field for the same number, here so that it
    is found and that its peers' convention can be reproduced; a board needs one of the two.

    infill, output, steps, average, repeats: as in pixel flipping.

    Preset `quantus`: the mean of its list of probabilities, regions of 8 x 8 pixels, the image's lowest value, no clean
    point; sides that 8 does not divide have other regions there, since it pads all around.

    Raises BadParameter for values not allowed, Unsupported for an infill that the domain has not the facts for.

    Source: montavon2018.
    """

    name: ClassVar[str] = "selectivity"
    reference: ClassVar[str] = "montavon2018"
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quantus": {"region": 8, "steps": "every(1)", "infill": "lowest", "average": "mean_after"},
    }

    @property
    def higher_is_better(self) -> bool:
        return False

    def score(self, case: Case[Attribution]) -> Scores:
        removed, values, ties = self.removal(case, "morf")
        return Scores(
            self.averaged(removed, values),
            details={"ties": ties},
            curves=curves(removed, values, "fraction removed", output_name(case, self.output)),
        )
