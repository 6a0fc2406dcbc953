"""What a metric's order of methods has to be better than: chance, and criteria that know nothing of the model."""

from dataclasses import dataclass
from typing import ClassVar

import torch

from whybench.digests import tensors_digest
from whybench.explanations import Attribution, Explanation
from whybench.metrics.attribution.correlations import CONSTANT, defined_scores, spearman
from whybench.protocols import Case, Metric, Query, Scores
from whybench.registries import methods
from whybench.resolver import resolve


@dataclass(frozen=True)
class Chance(Metric[Attribution]):
    """A number drawn for each map and sample: orders methods at random, with tau 0 in expectation."""

    name: ClassVar[str] = "chance"
    kind: ClassVar[type[Explanation]] = Attribution
    family: ClassVar[str] = "control"
    range: ClassVar[tuple[float, float]] = (float("-inf"), float("inf"))
    reference: ClassVar[str] = ""
    stochastic: ClassVar[bool] = True
    trivial: ClassVar[bool] = True

    @property
    def higher_is_better(self) -> bool:
        return True

    def score(self, case: Case[Attribution]) -> Scores:
        role = f"chance/{tensors_digest({'map': case.explanation.relevance})}/{type(case.method).__name__}"
        drawn = [case.streams.normal(role, i, 0, (1,)) for i in case.ids]
        return Scores(torch.cat(drawn))


@dataclass(frozen=True)
class Resemblance(Metric[Attribution]):
    """Spearman's correlation of a map's absolute relevance with a control's map: it asks the model nothing.

    control: a method that knows nothing of the model. A metric whose order of methods agrees with their true errors no
    better than this one's has not shown that it needs the model.
    """

    name: ClassVar[str] = "resemblance"
    kind: ClassVar[type[Explanation]] = Attribution
    family: ClassVar[str] = "control"
    range: ClassVar[tuple[float, float]] = (-1.0, 1.0)
    reference: ClassVar[str] = ""
    trivial: ClassVar[bool] = True

    control: str = "input_difference"

    @property
    def higher_is_better(self) -> bool:
        return True

    def score(self, case: Case[Attribution]) -> Scores:
        other = resolve(methods, self.control)
        query = Query(case.model, case.inputs, case.targets, case.ids, case.streams, case.rows)
        first, second = (
            case.domain.per_feature(found.relevance, found.polarity, tuple(case.inputs.shape)).flatten(1).abs()
            for found in (case.explanation, other.explain(query))
        )
        values = spearman(first, second)
        return defined_scores(values, [(torch.isnan(values), CONSTANT)])
