"""Monotonicity."""

from dataclasses import dataclass
from typing import ClassVar

import torch

from whybench.explanations import Attribution
from whybench.metrics.attribution.perturbation import Output, PerturbationMetric, curves, output_name, reading
from whybench.protocols import Case, Scores
from whybench.registries import register


@register
@dataclass(frozen=True)
class Monotonicity(PerturbationMetric):
    """How often the output does not fall when regions are put back, the least relevant first.

        s = share of steps k with  f(x_k) >= f(x_{k-1})

    with x_0 the input with everything removed, x_k the one in which the k least relevant steps are back; the mean of
    two opposite orders where regions tie. One number a sample in [0, 1], higher is better. It is read off the deletion
    sweep that `pixel_flipping` uses, from its end, and costs no pass of its own; a fall within the rounding of the
    model's precision counts as none.

    strict: 1 where no step falls and 0 elsewhere, as the paper and Quantus have it; the share is then the detail
    `share`, and else the strict reading the detail `strict`. On an additive model, one region a step, every map scores
    the same, and regions that speak against the target come first and lower the output: on networks a random or an
    inverted map often wins. It is read beside other metrics and ranks nothing by itself.
    For region and steps see `PerturbationMetric`, for infill and output `pixel_flipping`.

    For the metric of the same name by Nguyen and Martinez see `monotonicity_correlation`.

    Raises BadParameter for values not allowed, Unsupported for an infill that the domain has not the facts for.

    Source: arya2019, after luss2021.
    """

    name: ClassVar[str] = "monotonicity"
    family: ClassVar[str] = "faithfulness"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    reference: ClassVar[str] = "arya2019"
    trivial: ClassVar[bool] = True

    infill: str = "mean"
    output: Output | None = None
    strict: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_infill(self.infill)
        self.check_output(self.output)

    @property
    def higher_is_better(self) -> bool:
        return True

    def score(self, case: Case[Attribution]) -> Scores:
        sweep = self.sweep(case, self.infill, "deletion")
        values = reading(case, sweep, self.output).flip(2)
        rounding = 4 * torch.finfo(case.inputs.dtype).eps * values.abs().amax(2, keepdim=True)
        steady = values.diff(dim=2) >= -rounding
        share, strict = steady.double().mean((1, 2)), steady.all(2).double().mean(1)
        return Scores(
            strict if self.strict else share,
            details={"ties": sweep["ties"].double(), **({"share": share} if self.strict else {"strict": strict})},
            curves=curves(1 - sweep["fraction"].flip(2), values, "fraction put back", output_name(case, self.output)),
        )
