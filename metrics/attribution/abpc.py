"""Area between the perturbation curves."""

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
class Abpc(CurveMetric):
    """Pixel flipping with the least relevant regions first, minus pixel flipping with the most relevant first.

        s = pixel_flipping(lerf) - pixel_flipping(morf) = aopc(morf) - aopc(lerf)

    with the same parameters, exactly; with even steps and `average` area it is `srg` with this one infill, seen from
    the other end, and insertion minus deletion. Higher is better; the reversed map scores -s and a random map has
    expectation 0, on every model. One number a sample, in units of the output: within [-1, 1] for `probability`.

    infill, output, steps, average, repeats: as in pixel flipping. The curve is the difference of the two orders after
    as many regions removed.

    Presets:
    `pnpxai`: AbPC, the mean difference at 0, 10, ..., 80 and 100 per cent, zero fill; its clamp at -1 never binds on
    probabilities.
    `samek`: 9 x 9 regions, 100 of them, uniform noise in ten draws.

    Raises BadParameter for values not allowed, Unsupported for an infill that the domain has not the facts for.

    Source: samek2017; the difference of the two areas: bluecher2024.
    """

    name: ClassVar[str] = "abpc"
    reference: ClassVar[str] = "samek2017"
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "pnpxai": {"region": 1, "steps": "tenths(10)", "infill": "zero", "average": "mean"},
        "samek": {"region": 9, "steps": "every(1, 100)", "infill": "uniform", "average": "mean", "repeats": 10},
    }

    @property
    def higher_is_better(self) -> bool:
        return True

    def score(self, case: Case[Attribution]) -> Scores:
        share, most, ties = self.removal(case, "morf")
        other, least, _ = self.removal(case, "lerf")
        label = f"lerf - morf, {output_name(case, self.output)}"
        return Scores(
            self.averaged(other, least) - self.averaged(share, most),
            details={"ties": ties},
            curves=curves((share + other) / 2, least - most, "fraction removed", label),
        )
