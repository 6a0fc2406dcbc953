"""Symmetry."""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from whybench.errors import BadParameter
from whybench.explanations import Attribution, Explanation
from whybench.metrics.attribution.interchangeable_features import InterchangeableFeatures, permuted
from whybench.passes import Passes
from whybench.protocols import Case, Metric, Scores
from whybench.protocols.blocks import scores_by_block
from whybench.registries import register


@register
@dataclass(frozen=True)
class Symmetry(Metric[Attribution]):
    """Whether features that can be swapped without changing the model's output swap their relevances too.

    score = |R(Sx) - S R(x)|_1 / |R(x)|_1, S the swap of all pairs found at once; in [0, inf), without unit; 0 is
    symmetric. In particular two such features of equal value have equal relevance. A pair is two features (columns, or
    pixels with all of their channels) whose swap leaves the explained output as it is, up to rounding, at x and at
    noisy copies of x; the detail `paired` is the share of features in a pair. Methods that draw noise for each feature
    are symmetric in expectation only. Constant maps win.

    pairs: how many candidates are tried, drawn once where there are more; draws: noisy copies that each is tried on. A
    sample without pairs is undefined, as with most networks that were trained, and so is a zero map. Costs one
    explanation, and n x (candidates + 1) x (draws + 1) passes shared by all methods.

    Raises BadParameter.

    Source: sundararajan2017.
    """

    name: ClassVar[str] = "symmetry"
    kind: ClassVar[type[Explanation]] = Attribution
    family: ClassVar[str] = "axiom"
    range: ClassVar[tuple[float, float]] = (0.0, math.inf)
    reference: ClassVar[str] = "sundararajan2017"
    stochastic: ClassVar[bool] = True
    trivial: ClassVar[bool] = True

    pairs: int = 200
    draws: int = 2

    def __post_init__(self) -> None:
        if not isinstance(self.pairs, int) or self.pairs < 1:
            raise BadParameter(f"symmetry: pairs={self.pairs!r}; a whole number >= 1 is needed")
        if not isinstance(self.draws, int) or self.draws < 1:
            raise BadParameter(f"symmetry: draws={self.draws!r}; a whole number >= 1 is needed")

    @property
    def higher_is_better(self) -> bool:
        return False

    def score(self, case: Case[Attribution]) -> Scores:
        some = bool(_paired(self._partner(case)).any())
        return scores_by_block(lambda block: self._judged(block, some), case)

    def passes(self, case: Case[Attribution]) -> Passes | None:
        return case.asked(1) if _paired(self._partner(case)).any() else Passes()

    def _judged(self, case: Case[Attribution], some: bool) -> Scores:
        """The scores of a few samples; some: whether there is a pair in any sample of all."""
        partner = self._partner(case).to(case.inputs.device)
        paired = _paired(partner).double().mean(1).cpu()
        before = self._maps(case, case.explanation)
        size = before.abs().sum(1).cpu()
        if some:
            after = self._maps(case, case.explain(inputs=permuted(case.inputs, partner, partner.shape[1])))
            change = (after - before.gather(1, partner)).abs().sum(1).cpu()
        else:
            change = torch.zeros_like(size)
        judged = (paired > 0) & (size > 0)
        reasons = {
            i: "the map is zero everywhere" if size[i] == 0 else "no two features were found that can be swapped"
            for i in (~judged).nonzero().flatten().tolist()
        }
        return Scores(torch.where(judged, change / size, torch.nan), reasons, details={"paired": paired})

    def _partner(self, case: Case[Attribution]) -> Tensor:
        return case.artifact(InterchangeableFeatures(self.pairs, self.draws))["partner"]

    def _maps(self, case: Case[Attribution], explanation: Attribution) -> Tensor:
        return case.domain.per_feature(explanation.relevance, explanation.polarity, case.inputs.shape).flatten(1)


def _paired(partner: Tensor) -> Tensor:
    """Which features have a partner other than themselves, (n, features) bool."""
    return partner != torch.arange(partner.shape[1], device=partner.device)
