"""Manipulation of explanations."""

import math
from dataclasses import dataclass, replace
from typing import ClassVar, get_args

import torch

from whybench.errors import BadParameter, shown
from whybench.explanations import Attribution, Explanation
from whybench.metrics.attribution.correlations import CONSTANT, defined_scores
from whybench.metrics.attribution.likeness import MapSimilarity
from whybench.metrics.attribution.manipulated_maps import Goal, ManipulatedMaps
from whybench.protocols import Case, Curves, Metric, Scores
from whybench.registries import register

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
    `queries` times it moves a random share of the features, from a half of them down to a 64th or less where larger
    steps change the output, to corners of what is allowed, and goes on from there if the score rises (random search).
    Which features, and where to, is named by sample and query, the same for all methods; a stochastic method is asked
    with its own draws unchanged. The score is a bound from below: more queries find more, and only scores of the same
    parameters can be compared.

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
        asked = ManipulatedMaps(self.goal, self.radius, self.tolerance, self.queries, self.similarity)
        found = case.artifact(asked)
        defined = torch.where(found["constant"] | found["constant_goal"], torch.nan, 1.0).double()
        curve = found["gains"] * defined[:, None]
        queries = torch.arange(self.queries + 1, dtype=torch.float64).expand_as(curve)
        scores = defined_scores(
            curve[:, -1],
            [(found["constant"], CONSTANT), (found["constant_goal"], OTHER_CONSTANT)],
            details={
                "similarity": found["similarity"] * defined,
                "output_change": found["output_change"] * defined,
                "distance": found["distance"] * defined,
                "allowed": found["allowed"] / self.queries * defined,
            },
        )
        return replace(scores, curves=Curves(queries, curve, "queries", "change of similarity"))
