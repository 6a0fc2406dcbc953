"""Normalised area over the perturbation curve."""

from dataclasses import dataclass
from typing import ClassVar

import torch

from whybench.errors import BadParameter
from whybench.explanations import Attribution
from whybench.metrics.attribution.curve_averages import averaged
from whybench.metrics.attribution.extreme_orders import ExtremeOrders
from whybench.metrics.attribution.perturbation import Output, PerturbationMetric, curves, output_name, reading
from whybench.protocols import Case, Scores
from whybench.registries import register
from whybench.sweeps import Steps, Sweep

EACH = "every(1)"


@register
@dataclass(frozen=True)
class Naopc(PerturbationMetric):
    """AOPC between that of the worst order of this input, 0, and that of the best, 1; higher is better.

        s = (aopc - worst) / (best - worst),    worst <= aopc <= best

    over all orders in which the regions can be removed one by one, most relevant first; a linear function of `aopc`
    and of `pixel_flipping` for each sample, with another slope for each, so that means over samples and models are
    comparable. Undefined where all orders agree.

    Up to `exact_up_to` regions best and worst are exact (all 2^d subsets are asked once). Beyond, a beam search of
    `width` orders finds them (`ExtremeOrders` says how many passes that takes): greedily where width is 1, which is
    exact on additive models with regions of equal size. Where a map's own order beats what was found, it is best, or
    worst, itself, and the score, 1 or 0, is marked as censored. Details: `best`, `worst` and `aopc`. The search does
    not depend on the map and is made once for all methods.

    region: None for a quarter of an image's shorter side, which makes 16 regions of a square one, or for one column:
    steps are single regions, and the search grows with their square. infill, output: as in pixel flipping (not
    `accuracy`).

    Raises BadParameter for values not allowed, Unsupported for an infill that the domain has not the facts for.

    Source: edin2025.
    """

    name: ClassVar[str] = "naopc"
    family: ClassVar[str] = "faithfulness"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    reference: ClassVar[str] = "edin2025"

    steps: Steps = EACH
    infill: str = "mean"
    output: Output | None = None
    width: int = 1
    exact_up_to: int = 10

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_infill(self.infill)
        self.check_output(self.output)
        if self.output == "accuracy":
            raise BadParameter("naopc: output='accuracy'; allowed: probability, logit, log_odds")
        for parameter, least in (("width", 1), ("exact_up_to", 0)):
            if getattr(self, parameter) < least:
                raise BadParameter(f"naopc: {parameter}={getattr(self, parameter)}; at least {least} is needed")
        if self.exact_up_to > 16:
            raise BadParameter(f"naopc: exact_up_to={self.exact_up_to}; at most 16, which are 65536 passes a sample")

    def check_steps(self) -> None:
        """The search removes regions one by one."""
        if self.steps != EACH:
            raise BadParameter(f"naopc: steps={self.steps!r}; only {EACH!r}, one region a step")

    @property
    def higher_is_better(self) -> bool:
        return True

    def score(self, case: Case[Attribution]) -> Scores:
        region = self._region(case)
        sweep = case.artifact(Sweep(self.infill, region, EACH, "deletion"))
        values = reading(case, sweep, self.output)
        read = "logit" if case.model.output == "scalar" else self.output or "probability"
        found = case.artifact(ExtremeOrders(self.infill, region, read, self.width, self.exact_up_to))
        clean, fraction = values[:, 0, 0], sweep["fraction"]
        aopc = clean - averaged(fraction, values, "area")
        best, worst = clean - found["smallest"].to(clean), clean - found["largest"].to(clean)
        rounding = 1e-9 * torch.stack([best.abs(), worst.abs(), clean.abs()]).amax(0)
        beyond = (aopc > best + rounding) | (aopc < worst - rounding)
        high, low = torch.maximum(best, aopc), torch.minimum(worst, aopc)
        flat = high - low <= rounding
        normalised = torch.where(flat, torch.nan, (aopc - low) / (high - low))
        return Scores(
            normalised,
            {int(i): "all orders of removal agree" for i in flat.nonzero()},
            censored={int(i): "the map's own order beats the search" for i in (beyond & ~flat).nonzero()},
            details={"aopc": aopc, "best": best, "worst": worst, "ties": sweep["ties"].double()},
            curves=curves(fraction, values, "fraction removed", output_name(case, self.output)),
        )

    def _region(self, case: Case[Attribution]) -> int | None:
        grid = case.domain.grid(tuple(case.inputs.shape))
        return self.region or (max(1, min(grid) // 4) if len(grid) == 2 else None)
