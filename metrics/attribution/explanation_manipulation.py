"""Manipulation of explanations."""

import math
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, get_args

import torch
from torch import Tensor

from whybench.errors import BadParameter, Unsupported, shown
from whybench.explanations import Attribution, Explanation
from whybench.metrics.attribution.correlations import CONSTANT, defined_scores
from whybench.metrics.attribution.likeness import Likeness, MapSimilarity
from whybench.metrics.attribution.manipulation import Ball, Unchanged, searched
from whybench.protocols import Case, Curves, Metric, Scores
from whybench.protocols.model import steady
from whybench.registries import register

Goal = Literal["away", "other_class"]

OTHER_CONSTANT = "the map of the other class is constant"


@register
@dataclass(frozen=True)
class ExplanationManipulation(Metric[Attribution]):
    """How far an attacker can drive a map by changes of the input that leave the model's output as it is.

    away: score = max over x' of 1 - s(R(x'), R(x)); other_class: score = max over x' of s(R(x'), T) - s(R(x), T), T the
    method's own map of x for the class with the largest output besides the explained one. s is the similarity, so that
    the scale of a map does not count. x' are the inputs found by the search with |x' - x| <= radius * (high - low)
    in each value, low <= x' <= high, the same predicted class, and |h(x') - h(x)|_2 <= tolerance * |h(x)|_2 over all
    outputs h (logits minus their mean). x itself is one of them, hence 0 <= score <= 2, without unit. Lower counts as
    better; a map that does not look at the input wins.

    The published attack follows gradients of the map. Most methods have none, and a strong attack on some methods
    beside a weak one on others would rank the attacks. Here all methods meet the same one, which only asks them:
    `queries` times it moves a random share of the features, from a half of them down to a 64th, to corners of what is
    allowed, and goes on from there if the score rises (random search). Which features, and where to, is named by
    sample and query, the same for all methods; a stochastic method is asked with its own draws unchanged. The score is
    a bound from below: more queries find more, and only scores of the same parameters can be compared.

    goal: away from the map, or towards that of another class; radius: a share of the range of each value; tolerance: a
    share of the size of the outputs; queries: how many proposals; similarity: pearson, spearman, spearman_abs or ssim.
    A map without any order counts as having similarity 0 with all others; where that is the map of x (or T), the
    sample is undefined. Details: `similarity` and `output_change` at the x' that was found, `distance` |x' - x|_2,
    `allowed`, the share of proposals that left the output as it is; the curve is the score after each query.

    Costs n (queries + 1) passes and one explanation for each proposal that was allowed, and one more for other_class.

    Raises BadParameter; Unsupported where the bounds of the inputs are not known, for maps that were computed
    elsewhere, for other_class on models without classes, and for ssim on what are no images.

    Source: dombrowski2019, andriushchenko2020.
    """

    name: ClassVar[str] = "explanation_manipulation"
    kind: ClassVar[type[Explanation]] = Attribution
    family: ClassVar[str] = "robustness"
    range: ClassVar[tuple[float, float]] = (0.0, 2.0)
    reference: ClassVar[str] = "dombrowski2019"
    needs: ClassVar[frozenset[str]] = frozenset({"bounds"})
    stochastic: ClassVar[bool] = True
    trivial: ClassVar[bool] = True

    goal: Goal = "away"
    radius: float = 0.03
    tolerance: float = 0.1
    queries: int = 100
    similarity: MapSimilarity = "pearson"

    def __post_init__(self) -> None:
        if self.goal not in get_args(Goal):
            raise BadParameter(f"{self.name}: goal={shown(self.goal)}; allowed: {', '.join(get_args(Goal))}")
        if not 0 < self.radius <= 1:
            raise BadParameter(f"{self.name}: radius={self.radius!r}; above 0 and at most 1 is needed")
        if not (math.isfinite(self.tolerance) and self.tolerance > 0):
            raise BadParameter(f"{self.name}: tolerance={self.tolerance!r}; a finite number > 0 is needed")
        if not isinstance(self.queries, int) or self.queries < 1:
            raise BadParameter(f"{self.name}: queries={self.queries!r}; a whole number >= 1 is needed")
        if self.similarity not in get_args(MapSimilarity):
            allowed = ", ".join(get_args(MapSimilarity))
            raise BadParameter(f"{self.name}: similarity={shown(self.similarity)}; allowed: {allowed}")

    @property
    def higher_is_better(self) -> bool:
        return False

    def score(self, case: Case[Attribution]) -> Scores:
        ball = Ball.around(case, self.radius)
        with steady(case.model.module):
            outputs = case.predict(case.inputs)
        unchanged = Unchanged(outputs, case.model.output == "classes", self.tolerance)
        own = _maps(case, case.explanation)
        goal = own if self.goal == "away" else _maps(case, case.explain(targets=other_classes(case, outputs)))
        likeness = Likeness(self.similarity, goal)
        start = likeness.to(own)
        sign = -1.0 if self.goal == "away" else 1.0

        def gain(inputs: Tensor, which: Tensor) -> Tensor:
            ids = tuple(case.ids[i] for i in which.tolist())
            explanation = case.explain(inputs=inputs, targets=case.targets[which], ids=ids)
            maps = goal.index_put((which,), _maps(case, explanation))
            return sign * (likeness.to(maps) - start)[which]

        found = searched(case, ball, unchanged, gain, self.queries)
        constant = Likeness(self.similarity, own).constant
        defined = torch.where(constant | likeness.constant, torch.nan, 1.0)
        curve = found.gains * defined[:, None]
        queries = torch.arange(self.queries + 1, dtype=torch.float64).expand_as(curve)
        scores = defined_scores(
            curve[:, -1],
            [(constant, CONSTANT), (likeness.constant, OTHER_CONSTANT)],
            details={
                "similarity": start + sign * curve[:, -1],
                "output_change": defined * unchanged.change(found.outputs),
                "distance": defined * (found.inputs - case.inputs).double().flatten(1).norm(dim=1),
                "allowed": defined * found.allowed,
            },
        )
        return replace(scores, curves=Curves(queries, curve, "queries", "change of similarity"))


def other_classes(case: Case[Attribution], outputs: Tensor) -> Tensor:
    """The class with the largest output besides the explained one, (n,) int64; raises Unsupported without classes.

    outputs: (n, classes).
    """
    if case.model.output != "classes" or outputs.shape[1] < 2:
        raise Unsupported(
            f"explanation_manipulation(goal='other_class') needs a model with several classes; model "
            f"{case.model.name!r} has none besides the explained output"
        )
    others: Tensor = outputs.scatter(1, case.targets[:, None], -torch.inf).argmax(1)
    return others


def _maps(case: Case[Attribution], explanation: Attribution) -> Tensor:
    """One value a feature, (k, *grid) float64."""
    return case.domain.per_feature(explanation.relevance, explanation.polarity, case.inputs.shape)
