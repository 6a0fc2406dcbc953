"""Insertion."""

from dataclasses import dataclass
from typing import ClassVar

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
class Insertion(PerturbationMetric):
    """The area under the model's output while regions are put back, the most relevant first; higher is better.

        s = sum_i (q_{i+1} - q_i) (y_i + y_{i+1}) / 2

    with q_i the share of features kept at step i, from 0 (everything removed) to 1 (the clean input), and y_i the
    output there; the mean of two opposite orders where regions tie. One number a sample, in units of the output:
    within [0, 1] for `probability` and `accuracy`. It is pixel flipping in the order `lerf`, seen from the other end.

    infill: what stands in for what has not been put back. output: None for the probability of the target, or for the
    output of a scalar model; `logit`, `log_odds`, `accuracy` as in pixel flipping.

    RISE's insertion differs: it starts from a blur of 11 pixels whatever the image's size, through which a strong
    model sees most of it; deletion and insertion then remove towards different inputs, and their areas are no mirror
    of each other.

    Raises BadParameter for values not allowed, Unsupported for an infill that the domain has not the facts for.

    Source: petsiuk2018.
    """

    name: ClassVar[str] = "insertion"
    family: ClassVar[str] = "faithfulness"
    range: ClassVar[tuple[float, float]] = (float("-inf"), float("inf"))
    reference: ClassVar[str] = "petsiuk2018"

    infill: str = "mean"
    output: Output | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_infill(self.infill)
        self.check_output(self.output)

    @property
    def higher_is_better(self) -> bool:
        return True

    def score(self, case: Case[Attribution]) -> Scores:
        sweep = self.sweep(case, self.infill, "insertion")
        kept, values = sweep["fraction"], reading(case, sweep, self.output)
        return Scores(
            area(kept, values),
            details={"ties": sweep["ties"].double()},
            curves=curves(kept, values, "fraction kept", output_name(case, self.output)),
        )
