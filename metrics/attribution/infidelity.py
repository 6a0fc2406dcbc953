"""Infidelity."""

from dataclasses import dataclass
from math import inf, isfinite
from typing import ClassVar, Literal

import torch
from torch import Tensor

from whybench.errors import BadParameter, Unsupported
from whybench.explanations import Attribution
from whybench.layout import taken
from whybench.metrics.attribution.noise_outputs import NoiseOutputs
from whybench.metrics.attribution.perturbed_outputs import Perturbation, PerturbedOutputs
from whybench.metrics.attribution.removal import RemovalMetric
from whybench.metrics.attribution.square_outputs import SquareOutputs, Squares
from whybench.protocols import Case, Scores
from whybench.protocols.blocks import by_block
from whybench.registries import register


@register
@dataclass(frozen=True)
class Infidelity(RemovalMetric):
    """The mean squared error of what a map foretells of perturbations, at the best scale of the map.

        s = min over beta of  mean over perturbations of (beta a - b)^2,   b = f(x) - f(x')

    with beta = mean(a b) / mean(a^2), so that the shape of a map is judged and not its scale. One number a sample from
    0 up, lower is better, in squared units of the output. What the map foretells is, by `perturbation`,

    - `square`: a square is removed, and a is the relevance inside it, a = sum_{i removed} R_i: for maps that hold the
      input as a factor (input x gradient, integrated gradients, Shapley values, LRP), which share out f(x) - f(x');
      captum's `infidelity_perturb_func_decorator(multiply_by_inputs=True)`. 0 on an additive model for its own
      contributions.
    - `square_gradient`: the same squares, and a = R.(x - x'), for maps that are rates (gradient, SmoothGrad).
    - `noise`: x' is x with Gaussian noise everywhere, and again a = R.(x - x'). Both are 0 on a linear model for its
      weights, and need a map shaped like the input, channels included.

    scaled: beta as above; False takes beta = 1, as the paper's definition does and as captum's and Quantus' defaults
    do. Scaled, a map and its negative score the same: the detail `beta` tells them apart. Further detail: `explained`,
    1 - s / mean(b^2), which compares models and is within [0, 1] where scaled. Of a zero map s is mean(b^2).

    side: the square's, as a share of the input's shorter side; noise: standard deviation as a share of max(x) - min(x)
    of that input; draws: how many perturbations, no square twice and, where there are no more, all of them. For infill
    and output see `RemovalMetric`. The outputs cost draws + 1 passes a sample once, for any number of methods.

    Quantus' Infidelity removes one square after another from the same image, so that the last of its perturbations is
    the image with nothing left, and repeats the same squares for each of its samples.

    Raises BadParameter; Unsupported for an infill that the domain has not the facts for, and for maps not shaped like
    the input where it is needed.

    Source: yeh2019.
    """

    name: ClassVar[str] = "infidelity"
    range: ClassVar[tuple[float, float]] = (0.0, inf)
    reference: ClassVar[str] = "yeh2019"

    perturbation: Literal["square", "square_gradient", "noise"] = "square"
    scaled: bool = True
    side: float = 0.25
    noise: float = 0.1
    draws: int = 100

    def __post_init__(self) -> None:
        super().__post_init__()
        self.one_of("perturbation", self.perturbation, ("square", "square_gradient", "noise"))
        self.share("side", self.side, whole=True)
        if not (isfinite(self.noise) and self.noise > 0):
            raise BadParameter(f"infidelity: noise={self.noise}; a finite number above 0 is needed")
        self.at_least("draws", self.draws, 1)

    @property
    def higher_is_better(self) -> bool:
        return False

    def score(self, case: Case[Attribution]) -> Scores:
        request = NoiseOutputs(self.noise, self.draws) if self.perturbation == "noise" else self._squares(case)
        foretold = by_block(lambda block: {"drop": self._foretold(block, request)}, case)["drop"]
        drops = self.drops(case, case.artifact(request))
        values, beta = squared_error(foretold, drops, self.scaled)
        power = drops.square().mean(1)
        explained = 1 - values / power.masked_fill(power == 0, torch.nan)
        return Scores(values, details={"beta": beta, "explained": explained})

    def _foretold(self, case: Case[Attribution], request: PerturbedOutputs) -> Tensor:
        """The drop of the output that the map foretells for each perturbation: (n, draws)."""
        perturbation = request.perturbation(case)
        if self.perturbation == "square" and isinstance(perturbation, Squares):
            return relevance_inside(case, perturbation)
        return relevance_times_change(case, perturbation)

    def _squares(self, case: Case[Attribution]) -> SquareOutputs:
        shorter = min(case.domain.grid(case.inputs.shape))
        return SquareOutputs(self.infill, max(1, int(self.side * shorter + 0.5)), self.draws)


def relevance_inside(case: Case[Attribution], squares: Squares) -> Tensor:
    """The relevance of the features inside each square: (n, draws) float64."""
    explanation = case.explanation
    features = case.domain.per_feature(explanation.relevance, explanation.polarity, tuple(case.inputs.shape))
    return squares.sums(features.to(case.inputs.device))


def relevance_times_change(case: Case[Attribution], perturbation: Perturbation) -> Tensor:
    """R.(x - x') for each perturbation: (n, draws) float64; Unsupported where R is not shaped like x."""
    relevance = case.explanation.relevance.to(case.inputs.device).double()
    if relevance.shape != case.inputs.shape:
        raise Unsupported(
            f"this perturbation multiplies a map by the change of the input, {tuple(case.inputs.shape)}, and the map "
            f"is {tuple(relevance.shape)}; perturbation='square' takes any"
        )
    parts = []
    for sample, draw in case.each(perturbation.draws, case.passes_together):
        change = taken(case.inputs, sample).double().sub_(perturbation.rows(sample, draw))
        parts.append(change.mul_(taken(relevance, sample)).flatten(1).sum(1))
    return torch.cat(parts).view(len(case), -1)


def squared_error(foretold: Tensor, drops: Tensor, scaled: bool) -> tuple[Tensor, Tensor]:
    """The mean of (beta a - b)^2 in each row, and beta, NaN for a = 0: two (n, draws) -> two (n,).

    >>> squared_error(torch.tensor([[1.0, 2.0]]), torch.tensor([[2.0, 4.0]]), True)
    (tensor([0.]), tensor([2.]))
    """
    largest = foretold.abs().amax(1, keepdim=True)
    unit = foretold / largest.masked_fill(largest == 0, 1.0)  # so that no square leaves the range of its numbers
    power = unit.square().mean(1, keepdim=True)
    best = (unit * drops).mean(1, keepdim=True) / power.masked_fill(power == 0, 1.0)
    beta = (best / largest).squeeze(1)
    values = (best * unit - drops) if scaled else foretold - drops
    return values.square().mean(1), beta
