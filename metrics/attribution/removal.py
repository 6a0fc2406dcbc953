"""What all metrics share that compare a map with the model's answers to inputs perturbed without regard to it."""

from dataclasses import dataclass
from math import comb
from typing import ClassVar

import torch
from torch import Tensor

from whybench.domains import infill_names
from whybench.errors import BadParameter, Unsupported, shown
from whybench.explanations import Attribution, Explanation
from whybench.metrics.attribution.clean_answers import CleanAnswers
from whybench.metrics.attribution.correlations import varies
from whybench.metrics.attribution.perturbation import Output, reading
from whybench.metrics.attribution.subset_outputs import SubsetOutputs
from whybench.protocols import Case, Metric
from whybench.protocols.blocks import by_block

OUTPUTS: tuple[Output, ...] = ("logit", "probability", "log_odds")


@dataclass(frozen=True)
class RemovalMetric(Metric[Attribution]):
    """A metric that reads off outputs which no map has any influence on, computed once for all methods.

    infill: what stands in for removed features. output: `logit`, the explained output itself, or `probability` or
    `log_odds` of the target; of a scalar model it is the output.
    """

    kind: ClassVar[type[Explanation]] = Attribution
    family: ClassVar[str] = "faithfulness"
    stochastic: ClassVar[bool] = True

    infill: str = "mean"
    output: Output = "logit"

    def __post_init__(self) -> None:
        self.one_of("infill", self.infill, infill_names())
        self.one_of("output", self.output, OUTPUTS)

    def one_of(self, parameter: str, value: str, allowed: tuple[str, ...]) -> None:
        """Raise BadParameter unless `value` is allowed."""
        if value not in allowed:
            raise BadParameter(f"{self.name}: {parameter}={value!r}; allowed: {', '.join(allowed)}")

    def at_least(self, parameter: str, value: object, least: int) -> None:
        """Raise BadParameter unless `value` is a whole number of at least `least`."""
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise BadParameter(f"{self.name}: {parameter}={shown(value)}; a whole number >= {least} is needed")

    def share(self, parameter: str, value: float, *, whole: bool = False) -> None:
        """Raise BadParameter unless `value` is above 0 and below 1, or, where `whole`, no more than 1."""
        if not (0 < value < 1 or (whole and value == 1)):
            most = "up to" if whole else "below"
            raise BadParameter(f"{self.name}: {parameter}={shown(value)}; a number above 0 and {most} 1 is needed")

    def drops(self, case: Case[Attribution], perturbed: dict[str, Tensor]) -> Tensor:
        """f(x) - f(x') for every draw: (n, draws) float64."""
        clean = reading(case, case.artifact(CleanAnswers()), self.output)
        return clean[:, None] - reading(case, perturbed, self.output)

    def unmoved(self, case: Case[Attribution], perturbed: dict[str, Tensor]) -> Tensor:
        """The samples whose output is the same for all draws, but for the rounding of the model's arithmetic: (n,)."""
        logit = perturbed["logit"]
        rounding = 4 * torch.finfo(case.inputs.dtype).eps * logit.abs().amax(1)
        still = logit.amax(1) - logit.amin(1) <= rounding
        return still | ~varies(reading(case, perturbed, self.output))


@dataclass(frozen=True)
class RegionRemovalMetric(RemovalMetric):
    """A removal metric of regions.

    region: side of a region in pixels, or number of neighbouring columns; None for the domain's default (1/14 of an
    image's shorter side; one column); relevance is summed within it.
    """

    region: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.region is not None:
            self.at_least("region", self.region, 1)

    def regions(self, case: Case[Attribution]) -> int:
        """The number of regions; raises Unsupported where there are not two of them."""
        count = len(case.domain.regions(case.inputs.shape, self.region))
        if count < 2:
            raise Unsupported(f"{self.name} compares regions, and the whole {case.domain.name} input is a single one")
        return count

    def without(self, case: Case[Attribution], size: int, subsets: int) -> dict[str, Tensor]:
        """The answers without `subsets` random subsets of `size` regions, or all subsets where they are fewer."""
        most = comb(self.regions(case), size)
        return case.artifact(SubsetOutputs(self.infill, self.region, size, min(subsets, most)))

    def relevance(self, case: Case[Attribution]) -> tuple[Tensor, Tensor]:
        """Relevance summed within each region, (n, d) float64, and which maps are constant, (n,) bool."""
        found = by_block(self._relevance, case)
        return found["sums"], found["constant"]

    def _relevance(self, case: Case[Attribution]) -> dict[str, Tensor]:
        shape = tuple(case.inputs.shape)
        features = case.domain.per_feature(case.explanation.relevance, case.explanation.polarity, shape)
        sums = case.domain.regions(shape, self.region).sums(features.to(case.inputs.device))
        return {"sums": sums, "constant": ~varies(features.flatten(1).to(sums)) | ~varies(sums)}
