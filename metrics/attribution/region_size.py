"""What the two region sizes share."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from whybench.explanations import Attribution
from whybench.metrics.attribution.crossings import Crossing, censored, crossing_point, other, size_at
from whybench.metrics.attribution.perturbation import PerturbationMetric, curves
from whybench.protocols import Case, Scores
from whybench.sweeps import Direction


@dataclass(frozen=True)
class RegionSize(PerturbationMetric):
    """The smallest share of features with which a criterion on the model's answer is met, in the order of the map.

    infill: what stands in for removed features. crossing: `first`, the smallest share that meets the criterion, or
    `sustained`, the smallest from which on every larger one meets it too; the other reading is in the details under
    its name, with `<name>_censored` 1 where it was never met.
    """

    family: ClassVar[str] = "region"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    needs: ClassVar[frozenset[str]] = frozenset({"classes"})
    direction: ClassVar[Direction]
    never: ClassVar[str]
    """Why a sample has no crossing."""
    x_name: ClassVar[str]

    infill: str = "mean"
    crossing: Crossing = "first"

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_infill(self.infill)
        self.one_of("crossing", self.crossing, ("first", "sustained"))

    @property
    def higher_is_better(self) -> bool:
        return False

    @abstractmethod
    def met(self, sweep: dict[str, Tensor]) -> Tensor:
        """Where the criterion is met: (n, 2, points) bool."""

    @abstractmethod
    def is_never(self, point: Tensor, points: int) -> Tensor:
        """Which crossing points say nothing."""

    def score(self, case: Case[Attribution]) -> Scores:
        sweep = self.sweep(case, self.infill, self.direction)
        fraction, met = sweep["fraction"], self.met(sweep)
        point, second = crossing_point(met, self.crossing), crossing_point(met, other(self.crossing))
        missed = self.is_never(second, fraction.shape[2]).any(1)
        return Scores(
            size_at(fraction, point).mean(1),
            censored=censored(self.is_never(point, fraction.shape[2]), self.never),
            details={
                other(self.crossing): size_at(fraction, second).mean(1),
                f"{other(self.crossing)}_censored": missed.double(),
                "ties": sweep["ties"].double(),
            },
            curves=curves(fraction, sweep["probability"], self.x_name, "probability"),
        )
