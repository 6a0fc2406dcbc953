"""Symmetric relevance gain."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

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
from whybench.sweeps import strata


@register
@dataclass(frozen=True)
class SymmetricRelevanceGain(PerturbationMetric):
    """The insertion area minus the deletion area, mean over several infills; higher is better.

        s = 1/|B| sum over infills b of  A_insertion(b) - A_deletion(b)

    with the areas of `insertion` and of `pixel_flipping`, to which what an infill does to any input adds the same, and
    cancels. One number a sample, in units of the output: within [-1, 1] for `probability` and `accuracy`. For every
    model and infill the reversed map scores -s, and a random map has expectation 0.

    infill: one name, or None for all of the domain's default ones; output: as in pixel flipping; steps: a number of
    even intervals, or 'stratified(k)' (`sweeps.strata`), with which s is an unbiased estimate of the full curves' and
    the law of the reversed map holds draw by draw. Details: the gain with each infill (`srg(mean)`, ...), `spread`, the
    standard deviation over them (of the population: 0 for one), and the number of `ties`; where the score is in
    probabilities also `log_odds`, the same in log-odds, off the same sweeps. The curve is the difference of the two
    outputs after as many regions put back as removed; of stratified steps, after as many removed in either order.

    Raises BadParameter for values not allowed, Unsupported for an infill that the domain has not the facts for.

    Source: bluecher2024.
    """

    name: ClassVar[str] = "srg"
    family: ClassVar[str] = "faithfulness"
    headline: ClassVar[bool] = True
    range: ClassVar[tuple[float, float]] = (float("-inf"), float("inf"))
    reference: ClassVar[str] = "bluecher2024"

    infill: str | None = None
    output: Output | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.infill is not None:
            self.check_infill(self.infill)
        self.check_output(self.output)

    def check_steps(self) -> None:
        """Stratified steps are the only rule that is its own mirror, beside the even grid."""
        if not strata(self.steps):
            super().check_steps()

    @property
    def higher_is_better(self) -> bool:
        return True

    def score(self, case: Case[Attribution]) -> Scores:
        names = case.domain.default_infills if self.infill is None else (self.infill,)
        share, ties = self._share(case, names[0])
        gain = torch.stack([self._gain(case, name, self.output) for name in names])
        gains = self._area(share.expand_as(gain).flatten(0, 1), gain.flatten(0, 1)).view(len(names), -1)
        details = {f"srg({name})": values for name, values in zip(names, gains, strict=True)}
        details["spread"] = gains.std(0, correction=0)
        details["ties"] = ties
        if output_name(case, self.output) == "probability":
            log_odds = torch.stack([self._gain(case, name, "log_odds") for name in names]).mean(0)
            details["log_odds"] = self._area(share, log_odds)
        difference = "lerf - morf" if strata(self.steps) else "insertion - deletion"
        label = f"{difference}, {output_name(case, self.output)}"
        return Scores(gains.mean(0), details=details, curves=curves(share, gain.mean(0), "fraction", label))

    def _gain(self, case: Case[Attribution], infill: str, output: Output | None) -> Tensor:
        """Insertion minus deletion at every point: both have put back, or removed, the same regions: (n, 2, points).

        With stratified steps, whose insertion has the deletion's offsets at its other end, the insertion from there.
        """
        insertion, deletion = (
            reading(case, self.sweep(case, infill, direction), output) for direction in ("insertion", "deletion")
        )
        return (insertion.flip(2) if strata(self.steps) else insertion) - deletion

    def _area(self, share: Tensor, values: Tensor) -> Tensor:
        """The area of the full curve: by the trapezoid, or from stratified points by their mean."""
        return values.mean((1, 2)) if strata(self.steps) else area(share, values)

    def _share(self, case: Case[Attribution], infill: str) -> tuple[Tensor, Tensor]:
        """What depends on the map alone: the fractions, and the number of ties."""
        sweep = self.sweep(case, infill, "deletion")
        return sweep["fraction"], sweep["ties"].double()
