"""What the metrics share that are averages of a curve."""

from dataclasses import dataclass, field
from typing import ClassVar, Literal, get_args

import torch
from torch import Tensor

from whybench.errors import BadParameter
from whybench.explanations import Attribution
from whybench.metrics.attribution.clean_answers import CleanAnswers
from whybench.metrics.attribution.curve_averages import Average, averaged
from whybench.metrics.attribution.perturbation import Output, PerturbationMetric, reading
from whybench.protocols import Case
from whybench.sweeps import Direction, Steps, Sweep, mirrored, strata
from whybench.sweeps.grids import grid

Order = Literal["morf", "lerf"]
RANDOM = ("noisy_linear", "uniform")
"""Infills that another draw changes."""


@dataclass(frozen=True)
class CurveMetric(PerturbationMetric):
    """An average of the model's output along a sweep.

    steps: a number of even intervals, or one of the rules 'every(size)', 'every(size, most)' and 'tenths(n)'
    (`sweeps.grids.grid`), which presets use, or 'stratified(k)': k random points, the same for every map of a sample,
    whose mean is an unbiased estimate of the area of the full curve, one region a step (`sweeps.strata`). infill: what
    stands in for removed features. output: None for the probability of the target, or for the output of a scalar
    model; `logit`, `log_odds`, `accuracy`. average: how the curve becomes one number (`curve_averages.averaged`).
    repeats: how many draws of a random infill are averaged.
    """

    family: ClassVar[str] = "faithfulness"
    range: ClassVar[tuple[float, float]] = (float("-inf"), float("inf"))

    infill: str = field(default="mean", kw_only=True)
    output: Output | None = field(default=None, kw_only=True)
    average: Average = field(default="area", kw_only=True)
    repeats: int = field(default=1, kw_only=True)

    def __post_init__(self) -> None:
        self.check_infill(self.infill)
        self.check_output(self.output)
        self.one_of("average", self.average, get_args(Average))
        if self.repeats < 1 or (self.repeats > 1 and self.infill not in RANDOM):
            raise BadParameter(
                f"{self.name}: repeats={self.repeats} with infill={self.infill!r}; more than 1 needs one of the random "
                f"infills {', '.join(RANDOM)}"
            )
        super().__post_init__()
        if strata(self.steps) and self.average != "area":
            raise BadParameter(
                f"{self.name}: average={self.average!r} with steps={self.steps!r}; stratified steps estimate the area: "
                "average='area'"
            )

    def check_steps(self) -> None:
        """Rules whose first point is not the clean input are not allowed, but for stratified steps."""
        if not isinstance(self.steps, str):
            return super().check_steps()
        if strata(self.steps):
            return
        if not self.steps.startswith(("every(", "tenths(")):
            raise BadParameter(
                f"{self.name}: steps={self.steps!r}; a whole number, every(size), every(size, most), tenths(n) or "
                "stratified(k)"
            )
        grid(1, self.steps)

    def removal(self, case: Case[Attribution], order: Order) -> tuple[Tensor, Tensor, Tensor]:
        """Shares removed, rising, and outputs, (n, 2, points) each, and the number of ties, (n,).

        The least relevant first is the insertion sweep from its end, so that both orders together are two sweeps.
        """
        if order == "morf":
            return self.swept(case, "deletion", self.steps)
        share, values, ties = self.swept(case, "insertion", mirrored(self.steps))
        return 1 - share.flip(2), values.flip(2), ties

    def swept(self, case: Case[Attribution], direction: Direction, steps: Steps) -> tuple[Tensor, Tensor, Tensor]:
        """Shares and outputs along a sweep, mean over the draws of the infill, and the number of ties."""
        draws = [Sweep(self.infill, self.region, steps, direction, draw) for draw in range(self.repeats)]
        sweeps = [case.artifact(draw) for draw in draws]
        values = torch.stack([reading(case, sweep, self.output) for sweep in sweeps]).mean(0)
        return sweeps[0]["fraction"], values, sweeps[0]["ties"].double()

    def clean(self, case: Case[Attribution], values: Tensor) -> Tensor:
        """The output for the clean inputs, beside the outputs of a removal: broadcasts over (n, 2, points)."""
        if strata(self.steps):
            said = case.artifact(CleanAnswers())
            return reading(case, {name: each.view(-1, 1, 1) for name, each in said.items()}, self.output)
        return values[..., :1]

    def averaged(self, fraction: Tensor, values: Tensor) -> Tensor:
        return averaged(fraction, values, "mean" if strata(self.steps) else self.average)
