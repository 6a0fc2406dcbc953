"""Insertion."""

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
class Insertion(CurveMetric):
    """The area under the model's output while regions are put back, the most relevant first; higher is better.

        s = sum_i (q_{i+1} - q_i) (y_i + y_{i+1}) / 2

    with q_i the share of features kept at step i, from 0 (everything removed) to 1 (the clean input), and y_i the
    output there; the mean of two opposite orders where regions tie. One number a sample, in units of the output:
    within [0, 1] for `probability` and `accuracy`. It is pixel flipping in the order `lerf`, seen from the other end.

    infill: what stands in for what has not been put back. output: None for the probability of the target, or for the
    output of a scalar model; `logit`, `log_odds`, `accuracy` as in pixel flipping.

    steps, average, repeats: as in `CurveMetric`.

    The preset `rise` starts from a blur of 11 pixels whatever the image's size, through which a strong model sees most
    of it, and puts back 224 pixels a step (one row of 224: give steps='every(width)' for other images); since its
    deletion removes towards zero instead, the two areas are no mirror of each other.

    Raises BadParameter for values not allowed, Unsupported for an infill that the domain has not the facts for.

    Source: petsiuk2018.
    """

    name: ClassVar[str] = "insertion"
    reference: ClassVar[str] = "petsiuk2018"
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "rise": {"region": 1, "steps": "every(224)", "infill": "rise_blur", "average": "steps"},
    }

    @property
    def higher_is_better(self) -> bool:
        return True

    def score(self, case: Case[Attribution]) -> Scores:
        kept, values, ties = self.swept(case, "insertion", self.steps)
        return Scores(
            self.averaged(kept, values),
            details={"ties": ties},
            curves=curves(kept, values, "fraction kept", output_name(case, self.output)),
        )
