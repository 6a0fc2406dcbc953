"""What all metrics share that read the model's answers while regions are removed or put back in a map's order."""

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

import numpy as np
import torch
from torch import Tensor

from whybench.domains import infill_names
from whybench.errors import BadParameter, Unsupported, shown
from whybench.explanations import Attribution, Explanation
from whybench.protocols import Case, Curves, Metric
from whybench.sweeps import Direction, Steps, Sweep

Output = Literal["probability", "logit", "log_odds", "accuracy"]


@dataclass(frozen=True)
class PerturbationMetric(Metric[Attribution]):
    """A metric that is read off sweeps.

    region: side of a region in pixels, or number of neighbouring columns; None for the domain's default (1/14 of an
    image's shorter side; one column); relevance is summed within it.
    steps: number of intervals from nothing removed to everything removed; at most as many as there are regions
    (`sweeps.steps.step_grid`). Metrics that are averages of a curve also take the rules of `sweeps.grids.grid`
    and, as `srg` does, 'stratified(k)' (`sweeps.strata`).
    """

    kind: ClassVar[type[Explanation]] = Attribution

    region: int | None = None
    steps: Steps = 28

    def __post_init__(self) -> None:
        if self.region is not None and self.region < 1:
            raise BadParameter(f"{self.name}: region={self.region}; at least 1 is needed, or None for the default")
        self.check_steps()

    def check_steps(self) -> None:
        """Raise BadParameter unless `steps` is a number of intervals."""
        if isinstance(self.steps, str) or self.steps < 1:
            raise BadParameter(f"{self.name}: steps={shown(self.steps)}; at least 1 is needed")

    def sweep(self, case: Case[Attribution], infill: str, direction: Direction) -> dict[str, Tensor]:
        """The sweep that this metric shares with all others of the same infill, region and steps."""
        return case.artifact(Sweep(infill, self.region, self.steps, direction))

    def one_of(self, parameter: str, value: str, allowed: tuple[str, ...]) -> None:
        """Raise BadParameter unless `value` is allowed."""
        if value not in allowed:
            raise BadParameter(f"{self.name}: {parameter}={value!r}; allowed: {', '.join(allowed)}")

    def check_infill(self, infill: str) -> None:
        self.one_of("infill", infill, infill_names())

    def check_output(self, output: Output | None) -> None:
        if output is not None:
            self.one_of("output", output, get_args(Output))


def reading(case: Case[Attribution], sweep: dict[str, Tensor], output: Output | None) -> Tensor:
    """The chosen output of every sample, tie order and step: (n, 2, points) float64.

    None is the probability of a classifier, and the output itself of a scalar model. `accuracy` is 1 where the target
    is the predicted class and 0 elsewhere.
    """
    if case.model.output == "scalar":
        if output not in (None, "logit"):
            raise Unsupported(f"output={output!r} needs classes, which model {case.model.name!r} does not give")
        return sweep["logit"]
    if output == "accuracy":
        return (sweep["predicted"] == case.targets[:, None, None]).double()
    return sweep[output or "probability"]


def area(fraction: Tensor, values: Tensor) -> Tensor:
    """The area under each curve by the trapezoid, mean over the tie orders: two (n, 2, points) -> (n,)."""
    return torch.trapezoid(values, fraction, dim=2).mean(1)


def curves(fraction: Tensor, values: Tensor, x_name: str, y_name: str) -> Curves:
    """The mean curve of the two tie orders, whose area is the score.

    Where regions are of uneven size the orders are measured at different fractions; the mean is then given at those of
    both, each order interpolated linearly in between, as its area takes it.
    """
    if torch.equal(fraction[:, 0], fraction[:, 1]):
        return Curves(fraction[:, 0], values.mean(1), x_name, y_name)
    both = fraction.flatten(1).sort(1).values
    at_both = np.stack(
        [
            [np.interp(grid, x, y) for x, y in zip(orders, answers, strict=True)]
            for grid, orders, answers in zip(
                both.cpu().numpy(), fraction.cpu().numpy(), values.cpu().numpy(), strict=True
            )
        ]
    )
    return Curves(both, torch.from_numpy(at_both).mean(1), x_name, y_name)


def output_name(case: Case[Attribution], output: Output | None) -> str:
    """The label of what `reading` gives."""
    return "output" if case.model.output == "scalar" else output or "probability"
