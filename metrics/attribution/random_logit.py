"""Random logit test."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from whybench.errors import Unsupported
from whybench.explanations import Attribution, Explanation
from whybench.metrics.attribution.similarities import CONSTANT, Reference, Similarity, check_similarity
from whybench.passes import Passes
from whybench.protocols import Case, Metric, Scores
from whybench.protocols.blocks import by_block
from whybench.protocols.model import steady
from whybench.registries import register


@register
@dataclass(frozen=True)
class RandomLogit(Metric[Attribution]):
    """The random logit test: how alike the maps for the target and for another class are.

    score = similarity(R(x; target), R(x; other class)), in [-1, 1], without unit; the other class is drawn once a
    sample, uniformly from all but the target (the detail `other_class`). Near 1 a map does not depend on what it
    explains. It is a filter and no ranking: noise that is drawn anew for each class passes (the control `random` is
    drawn once for an input and a model, hence scores 1).

    similarity: `spearman` of the signed values, `spearman_abs` of the absolute ones, or `ssim` of images.

    A sample whose map for the target is constant is undefined; a constant map for the other class has nothing in
    common with it and counts as 0.

    Raises BadParameter; Unsupported for a model of a single class and for `ssim` on inputs that are no images.

    Source: sixt2020.
    """

    name: ClassVar[str] = "random_logit"
    kind: ClassVar[type[Explanation]] = Attribution
    family: ClassVar[str] = "sanity"
    range: ClassVar[tuple[float, float]] = (-1.0, 1.0)
    reference: ClassVar[str] = "sixt2020"
    needs: ClassVar[frozenset[str]] = frozenset({"classes"})
    stochastic: ClassVar[bool] = True
    trivial: ClassVar[bool] = True

    similarity: Similarity = "spearman"

    def __post_init__(self) -> None:
        check_similarity(self.similarity)

    @property
    def higher_is_better(self) -> bool:
        return False

    def score(self, case: Case[Attribution]) -> Scores:
        with steady(case.model.module):
            classes = case.predict(case.inputs[:1]).shape[1]
        if classes < 2:
            raise Unsupported(f"random_logit needs a second class; model {case.model.name!r} has {classes}")
        found = by_block(lambda block: self._similarity(block, classes), case)
        undefined = dict.fromkeys(found["constant"].nonzero().flatten().tolist(), CONSTANT)
        values = found["value"].masked_fill(found["constant"], torch.nan).cpu()
        return Scores(values, undefined, details={"other_class": found["other"].double().cpu()})

    def passes(self, case: Case[Attribution]) -> Passes | None:
        return case.asked(1)

    def _similarity(self, case: Case[Attribution], classes: int) -> dict[str, Tensor]:
        """How alike the maps for the target and for another class are, and which class that is."""
        others = torch.tensor(
            [self._other(case, i, t, classes) for i, t in zip(case.ids, case.targets.tolist(), strict=True)],
            device=case.targets.device,
        )
        original = Reference(self.similarity, self._maps(case, case.explanation))
        values, _ = original.similarity(self._maps(case, case.explain(targets=others)))
        return {"value": values, "constant": original.constant, "other": others}

    def _other(self, case: Case[Attribution], sample: str, target: int, classes: int) -> int:
        """A class that is not the target, each with the same probability."""
        generator = case.streams.generator("random_logit", sample)
        drawn = int(torch.randint(classes - 1, (), generator=generator))
        return drawn + (drawn >= target)

    def _maps(self, case: Case[Attribution], explanation: Attribution) -> Tensor:
        return case.domain.per_feature(explanation.relevance, explanation.polarity, case.inputs.shape)
