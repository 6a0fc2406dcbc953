"""Completeness."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import torch

from whybench.errors import Unsupported
from whybench.explanations import Attribution, Explanation
from whybench.metrics.attribution.clean_answers import CleanAnswers
from whybench.metrics.attribution.reference_outputs import ReferenceOutputs
from whybench.protocols import Case, Metric, Scores
from whybench.registries import register


@register
@dataclass(frozen=True)
class Completeness(Metric[Attribution]):
    """How far a map misses the sum that its method claims for it.

    score = |sum R - (f(x) - f(b))| / |f(x) - f(b)|, in [0, inf), without unit, with nothing added to the denominator
    and no map rescaled; f is the explained output. The relevances are summed as the method gives them, over all
    channels. f(b) is what the class fact `complete` of the method says: f at the method's own baseline (the domain's,
    or the infill of its parameter `baseline`), the mean of f over the background or the training data that it uses,
    or 0. Claims `in expectation` are met up to sampling noise only, which then is what the score measures; between
    methods that are exact, differences of the order of rounding mean nothing.

    Methods that claim no sum (gradients, Grad-CAM, RISE, ...) are unsupported rather than bad at it, and so are
    methods whose reference value no pass of the model gives. A sample with f(x) = f(b) is undefined; its error is the
    detail `absolute_error`. Costs one pass a sample for f(x) and the passes of the reference, both shared by methods.

    Raises Unsupported.

    Source: sundararajan2017.
    """

    name: ClassVar[str] = "completeness"
    kind: ClassVar[type[Explanation]] = Attribution
    family: ClassVar[str] = "axiom"
    range: ClassVar[tuple[float, float]] = (0.0, math.inf)
    reference: ClassVar[str] = "sundararajan2017"

    @property
    def higher_is_better(self) -> bool:
        return False

    def score(self, case: Case[Attribution]) -> Scores:
        start = self._start(case.method)
        answers = case.artifact(CleanAnswers())["logit"].cpu()
        change = answers if start is None else answers - case.artifact(start)["logit"].cpu()
        total = case.explanation.relevance.double().flatten(1).sum(1).cpu()
        error = (total - change).abs()
        same = change == 0
        reasons = dict.fromkeys(same.nonzero().flatten().tolist(), "the output is the same as at the reference")
        return Scores(
            (error / change.abs()).masked_fill(same, torch.nan),
            reasons,
            details={"absolute_error": error, "total": total, "change": change},
        )

    def _start(self, method: Any) -> ReferenceOutputs | None:
        """Where the claimed sum is counted from; None for 0."""
        claim = getattr(method, "complete", None)
        name = getattr(method, "name", "the method")
        if claim is None:
            raise Unsupported(f"{name} claims no sum of its relevances, so that none can be missed")
        if claim == "f(x)":
            return None
        if claim == "f(x) - f(baseline)":
            return ReferenceOutputs("baseline", infill=getattr(method, "baseline", None))
        if claim == "f(x) - mean f(background)":
            return ReferenceOutputs("background", count=method.background)
        if claim == "f(x) - mean f(training), in expectation":
            return ReferenceOutputs("training")
        raise Unsupported(f"{name} claims the sum {claim!r}, whose reference no pass of the model gives")
