"""Regret: how much worse a map's order of regions is than the best order there is."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import torch

from whybench.domains import infill_names
from whybench.errors import BadParameter, Unsupported
from whybench.explanations import Attribution, Explanation
from whybench.metrics.attribution.perturbation import Output
from whybench.protocols import Case, Metric, Scores
from whybench.registries import register
from whybench.worlds import Standing, refuse_many

Judged = Literal["deletion", "insertion", "srg", "ssr", "sdr"]


@register
@dataclass(frozen=True)
class Regret(Metric[Attribution]):
    """The distance of a map from the best order of regions that there is; lower is better, 0 is perfect.

        deletion    A_deletion(map) - min over all d! orders of A_deletion
        insertion   max over all orders of A_insertion - A_insertion(map)
        srg         max over all orders of (A_insertion - A_deletion) - (A_insertion - A_deletion)(map)
        ssr, sdr    size(map) - size of the smallest sufficient, or destroying, set of regions

    with the areas of `pixel_flipping` and `insertion`, one region a step, and the sizes of `ssr` and `sdr`. The model
    is asked about all 2^d sets of regions, once for all maps; then every area is read from that table, and the optimum
    is exact, found by a dynamic programme over sets. One number a sample, at least 0, in units of the output, or of
    shares of features. Details: `own`, the map's area or size; `best`; for areas `worst`, and `normalised`, the regret
    between that of the best order, 0, and that of the worst, 1 (0 where all orders agree up to rounding); `ties`.
    Censored where the map's size is: the regret is then what it would be if everything were needed.

    infill: what stands in for removed features; region: None for the domain's default; output: None for the
    probability of the target, or for the output of a scalar model; `logit`, `log_odds`.

    Raises BadParameter for values not allowed; Unsupported where there are more than 16 regions, for ssr and sdr of
    models without classes, and for an infill that the domain has not the facts for.

    Source: samek2017, the areas; edin2025, the best order over all sets.
    """

    name: ClassVar[str] = "regret"
    kind: ClassVar[type[Explanation]] = Attribution
    family: ClassVar[str] = "faithfulness"
    range: ClassVar[tuple[float, float]] = (0.0, float("inf"))
    reference: ClassVar[str] = "edin2025"

    of: Judged = "srg"
    infill: str = "mean"
    region: int | None = None
    output: Output | None = None

    def __post_init__(self) -> None:
        allowed = {
            "of": ("deletion", "insertion", "srg", "ssr", "sdr"),
            "infill": infill_names(),
            "output": (None, "probability", "logit", "log_odds"),
        }
        for parameter, values in allowed.items():
            if getattr(self, parameter) not in values:
                raise BadParameter(
                    f"regret: {parameter}={getattr(self, parameter)!r}; allowed: {', '.join(map(str, values))}"
                )
        if self.region is not None and self.region < 1:
            raise BadParameter(f"regret: region={self.region}; at least 1 is needed, or None for the default")

    @property
    def higher_is_better(self) -> bool:
        return False

    def score(self, case: Case[Attribution]) -> Scores:
        refuse_many(self.name, len(case.domain.regions(tuple(case.inputs.shape), self.region)))
        found = case.artifact(Standing(self.infill, self.region, self._read(case)))
        own, best = found[self.of], found[f"{self.of}_best"]
        details = {"own": own, "best": best, "ties": found["ties"].double()}
        if self.of in ("ssr", "sdr"):
            never = {int(i): "nothing less than everything will do" for i in found[f"{self.of}_never"].nonzero()}
            return Scores(own - best, censored=never, details=details)
        # Never minus zero, which no database tells from zero.
        regret, worst = own - best if self.of == "deletion" else best - own, found[f"{self.of}_worst"]
        span = (worst - best).abs()
        flat = span <= 1e-9 * torch.maximum(best.abs(), worst.abs())
        details |= {"worst": worst, "normalised": (regret / span).where(~flat, 0.0)}
        return Scores(regret, details=details)

    def _read(self, case: Case[Attribution]) -> str:
        if case.model.output == "scalar":
            if self.of in ("ssr", "sdr") or self.output not in (None, "logit"):
                raise Unsupported(f"regret of {self.of} by {self.output or 'probability'} needs classes")
            return "logit"
        return self.output or "probability"
