"""Remove and debias."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

from whybench.errors import BadParameter, Unsupported
from whybench.explanations import Attribution, Explanation
from whybench.metrics.attribution.curve_metric import Order
from whybench.metrics.attribution.percentages import check_percentages
from whybench.metrics.attribution.perturbation import curves, reading
from whybench.protocols import Case, Metric, Scores
from whybench.registries import register
from whybench.sweeps import Sweep, mirrored

RoadOutput = Literal["accuracy", "probability"]
ODD = tuple(range(1, 100, 2))


@register
@dataclass(frozen=True)
class Road(Metric[Attribution]):
    """Whether the target is still predicted while pixels give way to their noisy linear imputation.

        s = 1/|P| sum over percentages p of  1[ argmax f(x without the first p % of pixels) = target ]

    in the order of the map; removed pixels are interpolated from the kept ones, with a little noise, so that their
    places do not show (infill `noisy_linear`, one mask for all channels). One number a sample in [0, 1], the mean of
    two opposite orders where pixels tie; the accuracy at one percentage, as the source plots it, is the mean over
    samples of the detail `removed p %`.

    percentages: whole numbers from 1 to 100, rising. order: `morf` removes the most relevant pixels first (lower is
    better), `lerf` the least relevant ones first (higher is better): two numbers, two sweeps. output: `accuracy`, or
    `probability` of the target, which tells apart what accuracy does not. region: side of what is removed as one;
    a pixel, or a column, as in the source. At equal steps from 0 to 100 % it would be pixel flipping with this infill.
    Passes: one a percentage, two where that lies within pixels that tie, as float32 maps of large images mostly do.

    Preset `quantus`: 1, 3, ..., 99 %, where Quantus draws its noise from the global generator and gives, of several
    minibatches, the first only.

    Raises BadParameter for values not allowed, Unsupported for models without classes and tables whose covariance is
    not known.

    Source: rong2022.
    """

    name: ClassVar[str] = "road"
    kind: ClassVar[type[Explanation]] = Attribution
    family: ClassVar[str] = "faithfulness"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    needs: ClassVar[frozenset[str]] = frozenset({"classes"})
    reference: ClassVar[str] = "rong2022"
    infill: ClassVar[str] = "noisy_linear"
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {"quantus": {"percentages": ODD}}

    percentages: tuple[int, ...] = (10, 20, 30, 40, 50, 60, 70, 80, 90)
    order: Order = "morf"
    output: RoadOutput = "accuracy"
    region: int = 1

    def __post_init__(self) -> None:
        for parameter, value, allowed in (
            ("order", self.order, get_args(Order)),
            ("output", self.output, get_args(RoadOutput)),
        ):
            if value not in allowed:
                raise BadParameter(f"road: {parameter}={value!r}; allowed: {', '.join(allowed)}")
        object.__setattr__(self, "percentages", check_percentages(self.name, self.percentages))
        if self.region < 1:
            raise BadParameter(f"road: region={self.region}; at least 1 is needed")

    @property
    def higher_is_better(self) -> bool:
        return self.order == "lerf"

    def score(self, case: Case[Attribution]) -> Scores:
        if case.model.output == "scalar":
            raise Unsupported(f"road needs classes, which model {case.model.name!r} does not give")
        steps = f"percent({', '.join(map(str, self.percentages))})"
        if self.order == "morf":
            sweep = case.artifact(Sweep(self.infill, self.region, steps, "deletion"))
            removed, values = sweep["fraction"], reading(case, sweep, self.output)
        else:
            sweep = case.artifact(Sweep(self.infill, self.region, mirrored(steps), "insertion"))
            removed, values = 1 - sweep["fraction"].flip(2), reading(case, sweep, self.output).flip(2)
        each = values.mean(1)
        return Scores(
            each.mean(1),
            details={
                **{f"removed {p} %": each[:, i] for i, p in enumerate(self.percentages)},
                "ties": sweep["ties"].double(),
            },
            curves=curves(removed, values, "fraction removed", self.output),
        )
